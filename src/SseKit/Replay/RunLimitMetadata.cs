using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Replay;

/// <summary>Carries the limit on an endpoint's runs for each key, and reads the key.</summary>
/// <remarks>A null key is not limited.</remarks>
internal sealed record RunLimitMetadata(KeyLimit Limit, Func<HttpContext, string?> Key)
{
    /// <summary>Returns what a run that the request begins counts for; null if it is not limited.</summary>
    public static (KeyLimit Limit, string Key)? KeyOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RunLimitMetadata>() is { } metadata && metadata.Key(context) is { } key
            ? (metadata.Limit, key)
            : null;
}

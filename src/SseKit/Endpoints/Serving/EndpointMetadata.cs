using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Marks an endpoint that writes through SseKit, and opts it out of what would harm a stream: a sign-in page in place of 401, and
/// a histogram of request durations drowned by hours.
/// </summary>
internal sealed class StreamEndpointMetadata : IDisableCookieRedirectMetadata, IDisableHttpMetricsMetadata
{
    public static readonly StreamEndpointMetadata Instance = new();
}

/// <summary>Options that an endpoint sets for itself.</summary>
internal sealed record OptionsMetadata(Action<SseOptions> Configure);

/// <summary>A limit on an endpoint's connections for each key, and where the key is found. A null key is not limited.</summary>
internal sealed record ConnectionLimitMetadata(ConnectionLimit Limit, Func<HttpContext, string?> Key);

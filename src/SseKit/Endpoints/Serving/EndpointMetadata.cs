using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Marks an endpoint that writes through SseKit, and disables what would harm a stream.</summary>
/// <remarks>
/// Cookie authentication would answer with a redirect to its sign-in page instead of 401. Streams that last for hours would distort
/// the histogram of request durations.
/// </remarks>
internal sealed class StreamEndpointMetadata : IDisableCookieRedirectMetadata, IDisableHttpMetricsMetadata
{
    public static readonly StreamEndpointMetadata Instance = new();
}

/// <summary>Marks an endpoint whose handler SseKit calls itself, so that the framework binds no parameters.</summary>
internal sealed class TypedHandlerMetadata
{
    public static readonly TypedHandlerMetadata Instance = new();
}

/// <summary>Carries options of an endpoint.</summary>
internal sealed record OptionsMetadata(Action<SseOptions> Configure);

/// <summary>Carries the limit on an endpoint's connections for each key, and reads the key.</summary>
/// <remarks>A null key is not limited.</remarks>
internal sealed record ConnectionLimitMetadata(KeyLimit Limit, Func<HttpContext, string?> Key);

using Microsoft.AspNetCore.Http.Metadata;

namespace SseKit.Http;

/// <summary>
/// Marks an endpoint that writes through SseKit, and opts it out of what would harm a stream: a sign-in page in place of 401, and
/// a histogram of request durations drowned by hours.
/// </summary>
internal sealed class SseEndpointMetadata : IDisableCookieRedirectMetadata, IDisableHttpMetricsMetadata
{
    public static readonly SseEndpointMetadata Instance = new();
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;

namespace SseKit.Endpoints.Serving;

/// <summary>Marks a request as long-running for the framework's own middleware.</summary>
internal static class RequestFeatures
{
    private const string LongRunning = "http.long_running";

    public static void MarkLongRunning(HttpContext context)
    {
        context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag(LongRunning, true);
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
        {
            metrics.Tags.Add(new KeyValuePair<string, object?>(LongRunning, true));

            // A stream that lasts for an hour would distort the histogram of request durations.
            metrics.MetricsDisabled = true;
        }
    }

    /// <summary>Disables the request timeout and the output cache for a stream whose endpoint has no metadata that does so.</summary>
    public static void OptOut(HttpContext context)
    {
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Features.Get<IOutputCacheFeature>() is { } cache)
        {
            cache.Context.AllowCacheStorage = false;
        }
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;

namespace SseKit.Endpoints.Serving;

/// <summary>Tells the framework's own middleware that this request lasts long by design.</summary>
internal static class RequestFeatures
{
    private const string LongRunning = "http.long_running";

    public static void MarkLongRunning(HttpContext context)
    {
        context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag(LongRunning, true);
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
        {
            metrics.Tags.Add(new KeyValuePair<string, object?>(LongRunning, true));

            // A stream of an hour in the histogram of request durations would drown every other request.
            metrics.MetricsDisabled = true;
        }
    }

    /// <summary>For a response that turns out to be a stream, whose endpoint carries no metadata that says so.</summary>
    public static void OptOut(HttpContext context)
    {
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Features.Get<IOutputCacheFeature>() is { } cache)
        {
            cache.Context.AllowCacheStorage = false;
        }
    }
}

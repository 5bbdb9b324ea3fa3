using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Http;

/// <summary>Tells the framework's own telemetry that this request lasts long by design.</summary>
internal static class SseLongRunning
{
    public const string Tag = "http.long_running";

    public static void Mark(HttpContext context)
    {
        context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag(Tag, true);
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
        {
            metrics.Tags.Add(new KeyValuePair<string, object?>(Tag, true));

            // A stream of an hour in the histogram of request durations would drown every other request.
            metrics.MetricsDisabled = true;
        }
    }
}

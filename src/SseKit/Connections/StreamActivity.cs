using System.Diagnostics;

namespace SseKit.Connections;

/// <summary>
/// The trace of one stream. It never becomes the current activity, because it would be the parent of all activities of the handler.
/// </summary>
internal static class StreamActivity
{
    /// <summary>Returns null if there is no listener.</summary>
    public static Activity? Start(string? route) => SafeActivity.Source.HasListeners()
        ? SafeActivity.Start("SseKit.Stream", ActivityKind.Internal, [new("http.route", route), new("http.long_running", true)])
        : null;

    public static void Stop(Activity activity, EndReason reason, long events, Exception? failure)
    {
        activity.SetTag("ssekit.end_reason", StreamMetrics.Name(reason));
        activity.SetTag("ssekit.events", events);
        if (reason == EndReason.Failed)
        {
            activity.SetStatus(ActivityStatusCode.Error, failure?.Message);
        }

        SafeActivity.Stop(activity);
    }
}

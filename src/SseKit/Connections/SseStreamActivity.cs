using System.Diagnostics;

namespace SseKit.Connections;

/// <summary>
/// The trace of one stream. It never becomes the current activity: it would be the parent of whatever the handler does, for hours.
/// </summary>
internal static class SseStreamActivity
{
    private static readonly ActivitySource Source = new("SseKit");

    /// <summary>Returns null where nobody listens.</summary>
    public static Activity? Start(string? route)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? current = Activity.Current;
        Activity? activity = Source.StartActivity("SseKit.Stream");
        activity?.SetTag("http.route", route);
        activity?.SetTag("http.long_running", true);
        Activity.Current = current;
        return activity;
    }

    public static void Stop(Activity activity, SseEndReason reason, long events)
    {
        Activity? current = Activity.Current;
        activity.SetTag("ssekit.end_reason", SseMetrics.Name(reason));
        activity.SetTag("ssekit.events", events);
        if (reason == SseEndReason.Failed)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }

        activity.Stop();
        Activity.Current = current;
    }
}

using System.Diagnostics;

namespace SseKit.Connections;

/// <summary>
/// The trace of one stream. It never becomes the current activity, because it would be the parent of all activities of the handler.
/// </summary>
internal static class StreamActivity
{
    /// <summary>The source of all activities of SseKit.</summary>
    public static readonly ActivitySource Source = new("SseKit");

    /// <summary>Returns null if there is no listener. A listener that throws ends the trace and not the stream.</summary>
    public static Activity? Start(string? route)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? current = Activity.Current;
        Activity? activity = null;
        try
        {
            activity = Source.CreateActivity("SseKit.Stream", ActivityKind.Internal);
            activity?.SetTag("http.route", route);
            activity?.SetTag("http.long_running", true);
            return activity?.Start();
        }
        catch (Exception)
        {
            // It may have been started, so it is stopped.
            return activity;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    public static void Stop(Activity activity, EndReason reason, long events, Exception? failure)
    {
        Activity? current = Activity.Current;
        activity.SetTag("ssekit.end_reason", StreamMetrics.Name(reason));
        activity.SetTag("ssekit.events", events);
        if (reason == EndReason.Failed)
        {
            activity.SetStatus(ActivityStatusCode.Error, failure?.Message);
        }

        try
        {
            activity.Stop();
        }
        catch (Exception)
        {
            // The stream has ended.
        }
        finally
        {
            Activity.Current = current;
        }
    }
}

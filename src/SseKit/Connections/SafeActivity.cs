using System.Diagnostics;

namespace SseKit.Connections;

/// <summary>
/// Starts and stops activities. Listeners are code of the app: one that throws ends a trace, and neither a stream nor a publish. An
/// activity does not become current here, so that it is not the parent of what the caller does next.
/// </summary>
internal static class SafeActivity
{
    /// <summary>The source of all activities of SseKit.</summary>
    public static readonly ActivitySource Source = new("SseKit");

    /// <summary>Starts a child of the current activity. Returns null if no listener takes it.</summary>
    public static Activity? Start(string name, ActivityKind kind, IEnumerable<KeyValuePair<string, object?>> tags)
    {
        Activity? current = Activity.Current;
        Activity? activity = null;
        try
        {
            activity = Source.CreateActivity(name, kind, default(ActivityContext), tags);
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

    public static void Stop(Activity activity)
    {
        Activity? current = Activity.Current;
        try
        {
            activity.Stop();
        }
        catch (Exception)
        {
            // What it traced has ended.
        }
        finally
        {
            Activity.Current = current;
        }
    }
}

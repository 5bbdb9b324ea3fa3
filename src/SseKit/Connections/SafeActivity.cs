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
        ExecutionContext? caller = ExecutionContext.Capture();
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
            Restore(caller, current);
        }
    }

    public static void Stop(Activity activity)
    {
        ExecutionContext? caller = ExecutionContext.Capture();
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
            Restore(caller, current);
        }
    }

    // Not by Activity.Current: it cannot be set to an activity that has stopped, as that of a request whose work goes on, and setting it
    // calls code of the app.
    private static void Restore(ExecutionContext? caller, Activity? current)
    {
        if (caller is not null)
        {
            ExecutionContext.Restore(caller);
            return;
        }

        try
        {
            // The caller has suppressed the flow of its context.
            Activity.Current = current;
        }
        catch (Exception)
        {
            // A listener of Activity.CurrentChanged.
        }
    }
}

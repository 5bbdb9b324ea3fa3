using System.Diagnostics;
using SseKit.Connections;

namespace SseKit.Replay;

/// <summary>
/// The trace of a run: a child of the activity of the request that began it. It is current while the handler runs, also without a listener,
/// so that the handler's calls of other services belong to the same trace.
/// </summary>
internal static class RunActivity
{
    /// <param name="request">The activity of the request; null if it has none.</param>
    /// <param name="route">The pattern of the endpoint's route.</param>
    public static Activity? Start(Activity? request, string? route)
    {
        if (request is null && !SafeActivity.Source.HasListeners())
        {
            return null;
        }

        Activity activity = Create(request) ?? new Activity("SseKit.Run");
        activity.SetTag("http.route", route);
        activity.SetTag("http.long_running", true);
        if (request is not null)
        {
            activity.TraceStateString = request.TraceStateString;
            foreach ((string key, string? value) in request.Baggage)
            {
                activity.AddBaggage(key, value);
            }

            if (activity.ParentId is null)
            {
                activity.SetParentId(request.TraceId, request.SpanId, request.ActivityTraceFlags);
            }
        }

        try
        {
            return activity.Start();
        }
        catch (Exception)
        {
            // A listener is code of the app. The run continues without its trace.
            return activity;
        }
    }

    public static void Stop(Activity? activity)
    {
        try
        {
            activity?.Dispose();
        }
        catch (Exception)
        {
            // As at the start.
        }
    }

    // A listener is code of the app: if it throws, the run is not traced by it.
    private static Activity? Create(Activity? request)
    {
        try
        {
            return SafeActivity.Source.CreateActivity("SseKit.Run", ActivityKind.Internal, request?.Context ?? default);
        }
        catch (Exception)
        {
            return null;
        }
    }
}

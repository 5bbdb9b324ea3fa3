using System.Collections.Concurrent;
using System.Diagnostics;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Faults;

/// <summary>
/// A listener of the model's activities, which throws for some when they start and when they stop. Every started activity must stop.
/// </summary>
internal sealed class FaultyActivities : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentBag<Activity> _started = [];
    private readonly Random _random;

    public FaultyActivities(int seed)
    {
        _random = new Random(seed);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SseKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (IsOfModel(activity))
                {
                    _started.Add(activity);
                    ThrowSometimes();
                }
            },
            ActivityStopped = activity =>
            {
                if (IsOfModel(activity))
                {
                    ThrowSometimes();
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Task AllStoppedAsync() => TestTimeout.UntilAsync(() => _started.All(activity => activity.IsStopped));

    public void Dispose() => _listener.Dispose();

    // Other tests of the process have activities of the same source.
    private static bool IsOfModel(Activity activity) =>
        (activity.GetTagItem("http.route") is string route && route.StartsWith(FaultyApp.Prefix, StringComparison.Ordinal))
        || (activity.GetTagItem("messaging.destination.name") is string topic
            && topic.StartsWith(FaultyCase.Prefix, StringComparison.Ordinal));

    private void ThrowSometimes()
    {
        lock (_random)
        {
            if (_random.Next(4) == 0)
            {
                throw new InvalidOperationException("The listener of activities fails.");
            }
        }
    }
}

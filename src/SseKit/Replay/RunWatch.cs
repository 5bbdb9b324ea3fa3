using SseKit.Connections;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// Stops runs whose topic was completed or deleted by other code, also on another server: a handler that writes nothing would not notice.
/// The states of all topics that may have changed are read together. Thread-safe.
/// </summary>
internal sealed class RunWatch(ISseEventStore store, StreamRuntime runtime, StoreHealth health)
{
    // The most topics of one read (I8).
    private const int MaxTopics = 256;

    private readonly Lock _gate = new();
    private readonly HashSet<ReplayRun> _changed = [];
    private bool _isReading;

    /// <summary>Checks runs whose topics may have changed. Returns at once.</summary>
    public void Check(ReplayRun[] runs)
    {
        lock (_gate)
        {
            _changed.UnionWith(runs);
            if (_isReading || _changed.Count == 0)
            {
                return;
            }

            _isReading = true;
        }

        BackgroundWork.Start(ReadAsync);
    }

    private async Task ReadAsync()
    {
        var backoff = new StoreBackoff(runtime.Time);
        while (Take() is { Length: > 0 } runs)
        {
            if (!await TryReadAsync(runs))
            {
                Check(runs);
                await backoff.WaitAsync(CancellationToken.None);
            }
        }
    }

    private ReplayRun[] Take()
    {
        lock (_gate)
        {
            _changed.RemoveWhere(run => !run.IsWatched);
            ReplayRun[] runs = [.. _changed.Take(MaxTopics)];
            _changed.ExceptWith(runs);
            _isReading = runs.Length > 0;
            return runs;
        }
    }

    private async Task<bool> TryReadAsync(ReplayRun[] runs)
    {
        // Before the read: any later state must have the epoch of a log that the run has used by now, or continue it after a failover.
        string?[] epochs = [.. runs.Select(run => run.HasRecorded ? run.Latest?.Epoch : null)];
        IReadOnlyList<SseTopicState> states;
        try
        {
            states = await store.GetStatesAsync([.. runs.Select(run => run.Topic)], CancellationToken.None);
            health.Answered();
        }
        catch (Exception exception)
        {
            health.Failed(exception);
            return false;
        }

        for (int i = 0; i < runs.Length; i++)
        {
            if (StopOf(states[i], epochs[i]) is var stop and not RunStop.None && runs[i].IsWatched)
            {
                runs[i].Stop(stop);
            }
        }

        return true;
    }

    private static RunStop StopOf(SseTopicState state, string? epoch)
    {
        if (epoch is not null && state.SharedWith(epoch) is null)
        {
            return RunStop.TopicDeleted;
        }

        return state.Status == SseTopicStatus.Open ? RunStop.None : RunStop.TopicCompleted;
    }
}

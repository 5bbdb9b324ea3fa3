using SseKit.Connections;
using SseKit.Stores;
using SseKit.Topics;
using SseKit.Writing;

namespace SseKit.Replay;

/// <summary>
/// Finds and stops runs by their topic:
/// 1. in this process, where the run is at hand;
/// 2. elsewhere, where the lease shows that there is one, and the completion of its topic stops it.
/// </summary>
internal sealed class TopicRuns(ReplayRuns runs, Publisher publisher, StreamRuntime runtime) : ISseRuns
{
    // A request elsewhere that has taken a topic may still be rejected. After these pauses it is taken for a run that writes nothing yet.
    private const int Pauses = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async ValueTask<bool> IsRunningAsync(string topic, CancellationToken cancellationToken = default)
    {
        TopicName.Check(topic, nameof(topic));
        await CallerContext.LeaveAsync();
        return runs.Find(topic) is { HasBegun: true } run
            ? run is { IsWatched: true, HasTopicEnded: false }
            : await FindElsewhereAsync(topic, cancellationToken) is not null;
    }

    public async ValueTask<bool> StopAsync(string topic, CancellationToken cancellationToken = default)
    {
        TopicName.Check(topic, nameof(topic));
        await CallerContext.LeaveAsync();
        for (int i = 0; ; i++)
        {
            // Step 1.
            ReplayRun? run = runs.Find(topic);
            if (run is { HasBegun: true })
            {
                return await runs.StopAsync(run, cancellationToken);
            }

            // Step 2.
            SseTopicState? elsewhere = await FindElsewhereAsync(topic, cancellationToken);
            if (elsewhere is { } state && (!state.IsUnused || i >= Pauses))
            {
                return await TryCompleteAsync(topic, state, cancellationToken);
            }

            if (elsewhere is null && run is null)
            {
                return false;
            }

            await Task.Delay(Pause, runtime.Time, cancellationToken);
        }
    }

    public IReadOnlyList<SseRun> GetRuns() =>
    [
        .. runs.Active.Where(run => run.HasBegun).Select(run => new SseRun
        {
            Topic = run.Topic,
            Route = run.Route,
            StartedAt = run.StartedAt,
            Followers = run.Followers,
            IsStopping = run.IsStopped,
        }),
    ];

    // The state of a topic that another server runs, or is about to run; null if there is none.
    private async ValueTask<SseTopicState?> FindElsewhereAsync(string topic, CancellationToken cancellationToken)
    {
        if (runs.Leases is not { } leases || !await leases.IsRunElsewhereAsync(topic, cancellationToken))
        {
            return null;
        }

        SseTopicState state = await publisher.Store.GetStateAsync(topic, cancellationToken);
        return state.Status == SseTopicStatus.Open ? state : null;
    }

    // The epoch keeps the completion from a topic of the same name that has begun since.
    private async ValueTask<bool> TryCompleteAsync(string topic, SseTopicState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            string epoch = state.Latest.Epoch;
            try
            {
                await publisher.CompleteAsync(topic, SseTopicStatus.Completed, state.Beginning, cancellationToken);
                return true;
            }
            catch (SseStaleEpochException)
            {
                // After a failover, an append of the run has continued its log under another epoch.
                state = await publisher.Store.GetStateAsync(topic, cancellationToken);
                if (!state.Continues(epoch))
                {
                    return false;
                }
            }
        }
    }
}

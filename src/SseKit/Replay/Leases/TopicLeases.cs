using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.Replay.Leases;

/// <summary>
/// Holds the leases by which servers that share a store run each topic once, and detects runs whose server has ended. A server whose
/// clients follow a run on another server watches it. Thread-safe.
/// </summary>
internal sealed partial class TopicLeases(ISseLeaseStore store, Publisher publisher, StreamRuntime runtime)
{
    // The beginnings of owners. A server that only looks after a run elsewhere may have its lease for a moment.
    private const string Run = "run-";
    private const string Watcher = "watch-";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watch> _watches = [];
    private readonly LeaseRenewer _renewer = new(store, runtime);
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private long _tries;

    /// <summary>Acquires the lease of a topic for a run. Null if another server has it.</summary>
    public Task<TopicLease?> TryAcquireAsync(string topic, TimeSpan duration, CancellationToken cancellationToken) =>
        TryAcquireAsync(Run, topic, duration, cancellationToken);

    /// <summary>Whether another server has the lease of a topic for a run, or for one that it is about to begin.</summary>
    public async Task<bool> IsRunElsewhereAsync(string topic, CancellationToken cancellationToken) =>
        await store.GetLeaseOwnerAsync(topic, cancellationToken) is { } owner
        && owner.StartsWith(Run, StringComparison.Ordinal)
        && !owner.StartsWith($"{Run}{_instance}-", StringComparison.Ordinal);

    private async Task<TopicLease?> TryAcquireAsync(
        string kind, string topic, TimeSpan duration, CancellationToken cancellationToken)
    {
        // The store may grant the lease although its client has left. Without a release, the topic would be blocked until it expires.
        Task<TopicLease?> acquiring = TryAcquireAsync(kind, topic, duration);
        try
        {
            return await acquiring.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = ReleaseAsync(acquiring);
            throw;
        }
    }

    private static async Task ReleaseAsync(Task<TopicLease?> acquiring)
    {
        try
        {
            await ((await acquiring)?.ReleaseAsync() ?? Task.CompletedTask);
        }
        catch (Exception)
        {
            // The lease was not granted, or expires.
        }
    }

    private async Task<TopicLease?> TryAcquireAsync(string kind, string topic, TimeSpan duration)
    {
        var wanted = new SseLeaseRenewal
        {
            Topic = topic,
            Owner = $"{kind}{_instance}-{Interlocked.Increment(ref _tries)}",
            Duration = duration,
        };
        TopicLease? lease = await TopicLease.TryAcquireAsync(store, _renewer, wanted, runtime.Time, CancellationToken.None);
        if (lease is { IsTakenOver: true })
        {
            await RetireUnusedLogAsync(lease);
        }

        return lease;
    }

    /// <summary>Whether this server watches the topic's run on another server.</summary>
    public bool IsWatched(string topic)
    {
        lock (_gate)
        {
            return _watches.ContainsKey(topic);
        }
    }

    /// <summary>Watches a topic's run on another server, until the last watch is disposed or the topic is complete.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="duration">The duration of the run's lease.</param>
    /// <param name="stopWithoutFollowersAfter">How long the run continues without followers; infinite if it needs none.</param>
    public IDisposable WatchOver(string topic, TimeSpan duration, TimeSpan stopWithoutFollowersAfter)
    {
        Watch? watch;
        lock (_gate)
        {
            if (!_watches.TryGetValue(topic, out watch))
            {
                watch = new Watch(this, topic);
                _watches.Add(topic, watch);
                BackgroundWork.Start(() => WatchAsync(watch, duration, stopWithoutFollowersAfter));
            }

            watch.Watchers++;
        }

        return watch;
    }

    // The last owner may still write to the log with its epoch. A log that it has used is marked and deleted before another run begins. A
    // log that it has not used would also be the next run's.
    private async Task RetireUnusedLogAsync(TopicLease lease)
    {
        try
        {
            SseTopicState state = await lease.ReadStateAsync(publisher.Store, CancellationToken.None);
            if (state.IsUnused)
            {
                await publisher.DeleteAsync(lease.Topic, state.Latest.Epoch, CancellationToken.None);
            }
        }
        catch
        {
            // It is not released, so that the next owner gets it as taken over too.
            lease.Abandon();
            throw;
        }
    }

    private async Task WatchAsync(Watch watch, TimeSpan duration, TimeSpan stopWithoutFollowersAfter)
    {
        while (IsNeeded(watch) && !await IsOverAsync(watch.Topic, duration, stopWithoutFollowersAfter))
        {
            await Task.Delay(duration / 2, runtime.Time, runtime.DrainOver).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Remove(watch);
    }

    private bool IsNeeded(Watch watch)
    {
        lock (_gate)
        {
            return watch.Watchers > 0;
        }
    }

    private void Remove(Watch watch)
    {
        lock (_gate)
        {
            if (_watches.GetValueOrDefault(watch.Topic) == watch)
            {
                _watches.Remove(watch.Topic);
            }
        }
    }

    // Returns whether there is no run to watch any more.
    private async Task<bool> IsOverAsync(string topic, TimeSpan duration, TimeSpan stopWithoutFollowersAfter)
    {
        if (runtime.DrainOver.IsCancellationRequested)
        {
            return true;
        }

        try
        {
            if (stopWithoutFollowersAfter != Timeout.InfiniteTimeSpan)
            {
                // The next one is half of the first part away.
                await TopicLease.KeepRunAsync(store, topic, duration + stopWithoutFollowersAfter, runtime.DrainOver);
            }

            return await EndIfAbandonedAsync(topic, duration);
        }
        catch (Exception exception)
        {
            Log.WatchFailed(runtime.Logger, topic, exception);
            return false;
        }
    }

    private async Task<bool> EndIfAbandonedAsync(string topic, TimeSpan duration)
    {
        if ((await publisher.Store.GetStateAsync(topic, runtime.DrainOver)).Status != SseTopicStatus.Open)
        {
            return true;
        }

        if (await TryAcquireAsync(Watcher, topic, duration, runtime.DrainOver) is not { } lease)
        {
            return false;
        }

        try
        {
            // The run may have ended between the two reads. Without events there was none, and the next request starts it.
            SseTopicState state = await lease.ReadStateAsync(publisher.Store, runtime.DrainOver);
            if (state.Status == SseTopicStatus.Open && state.Latest.Sequence > 0)
            {
                Log.Interrupted(runtime.Logger, topic);
                await publisher.CompleteAsync(topic, SseTopicStatus.Failed, state.Beginning, runtime.DrainOver);
                return true;
            }

            return state.Status != SseTopicStatus.Open;
        }
        finally
        {
            await lease.ReleaseAsync();
        }
    }

    private sealed class Watch(TopicLeases leases, string topic) : IDisposable
    {
        public string Topic { get; } = topic;

        // The lock guards it.
        public int Watchers { get; set; }

        public void Dispose()
        {
            lock (leases._gate)
            {
                if (--Watchers == 0)
                {
                    leases.Remove(this);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.RunInterrupted,
            LogLevel.Warning,
            "The server that ran topic {Topic} has ended; its followers get the failure.")]
        public static partial void Interrupted(ILogger logger, string topic);

        [LoggerMessage(
            LogEventIds.WatchFailed, LogLevel.Debug, "Failed to check whether another server still runs topic {Topic}; trying again.")]
        public static partial void WatchFailed(ILogger logger, string topic, Exception exception);
    }
}

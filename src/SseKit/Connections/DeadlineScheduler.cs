using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// Runs the heartbeats, deadlines and lifetimes of all connections on one timer. An event costs nothing here: a connection that is due
/// computes its own idle time and returns its next time.
/// </summary>
internal sealed partial class DeadlineScheduler : IDisposable
{
    public const long Never = long.MaxValue;

    // The queue is not compacted below this number of cancelled entries.
    private const int CompactionThreshold = 1024;

    // Connections that are due at nearly the same time share a tick.
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(5);

    // A timer cannot wait for 50 days, and a sign-in may last longer. A tick at which nothing is due costs nothing.
    private static readonly TimeSpan LongestTick = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<ScheduledEntry, long> _queue = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private long _armedFor = Never;
    private int _live;
    private bool _disposed;

    public DeadlineScheduler(TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;

        // The timer belongs to the process, not to the request that happens to create it.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(
                static state => ((DeadlineScheduler)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Entries that were added and not removed.</summary>
    public int Live
    {
        get
        {
            lock (_gate)
            {
                return _live;
            }
        }
    }

    /// <summary>The number of entries in the queue, cancelled ones included.</summary>
    public int Places
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    public ScheduledEntry Add(IScheduled target, long due)
    {
        var entry = new ScheduledEntry(target);
        lock (_gate)
        {
            _live++;
            EnqueueLocked(entry, due);
        }

        return entry;
    }

    /// <summary>Moves an entry to an earlier time. A later time needs no call: the target returns it when it is due.</summary>
    public void Advance(ScheduledEntry entry, long due)
    {
        lock (_gate)
        {
            EnqueueLocked(entry, due);
        }
    }

    public void Remove(ScheduledEntry entry)
    {
        lock (_gate)
        {
            entry.Target = null;
            entry.Due = Never;
            _live--;
            CompactLocked();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private void Tick()
    {
        long now = _time.GetTimestamp();
        List<ScheduledEntry> due = [];
        lock (_gate)
        {
            _armedFor = Never;
            while (_queue.TryPeek(out ScheduledEntry? entry, out long at) && at <= now)
            {
                _queue.Dequeue();
                if (entry.Due == at)
                {
                    entry.Due = Never;
                    due.Add(entry);
                }
            }
        }

        foreach (ScheduledEntry entry in due)
        {
            long next = Call(entry, now);
            if (next != Never)
            {
                Advance(entry, next);
            }
        }

        lock (_gate)
        {
            ArmLocked();
        }
    }

    // A failure of one connection must not stop the heartbeats of the others.
    private long Call(ScheduledEntry entry, long now)
    {
        try
        {
            return entry.Target?.OnDue(now) ?? Never;
        }
        catch (Exception exception)
        {
            Log.ScheduledCallFailed(_logger, exception);
            return Never;
        }
    }

    private void EnqueueLocked(ScheduledEntry entry, long due)
    {
        if (due >= entry.Due || entry.Target is null)
        {
            return;
        }

        entry.Due = due;
        _queue.Enqueue(entry, due);
        ArmLocked();
    }

    private void ArmLocked()
    {
        if (_disposed || !_queue.TryPeek(out _, out long first) || first >= _armedFor)
        {
            return;
        }

        _armedFor = first;
        TimeSpan wait = _time.GetElapsedTime(_time.GetTimestamp(), first);
        wait = wait < ShortestTick ? ShortestTick : wait > LongestTick ? LongestTick : wait;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    // Entries of closed connections stay in the queue until they are due. With long intervals they would accumulate (I8).
    private void CompactLocked()
    {
        if (_queue.Count <= CompactionThreshold + (2 * _live))
        {
            return;
        }

        (ScheduledEntry Element, long Priority)[] kept = [.. _queue.UnorderedItems.Where(item => item.Element.Due == item.Priority)];
        _queue.Clear();
        _queue.EnqueueRange(kept);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ScheduledCallFailed,
            LogLevel.Error,
            "Failed to run a heartbeat or deadline of a connection; it gets no more of them.")]
        public static partial void ScheduledCallFailed(ILogger logger, Exception exception);
    }
}

/// <summary>A target of the scheduler.</summary>
internal interface IScheduled
{
    /// <summary>Runs when the target is due. Must not wait.</summary>
    /// <returns>The timestamp of the next call, or <see cref="DeadlineScheduler.Never"/>.</returns>
    long OnDue(long now);
}

/// <summary>An entry of the scheduler. It stays in the queue longer than its target lives, so its removal clears the target.</summary>
internal sealed class ScheduledEntry(IScheduled target)
{
    public IScheduled? Target { get; set; } = target;

    /// <summary>The current due time. The queue may hold the entry at other times, which are skipped.</summary>
    public long Due { get; set; } = DeadlineScheduler.Never;
}

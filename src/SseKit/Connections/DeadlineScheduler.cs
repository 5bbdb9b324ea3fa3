using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// One timer for the heartbeats, deadlines and lifetimes of all connections. An event costs nothing here: a connection that
/// comes due looks for itself how long it has been silent, and names its next time.
/// </summary>
internal sealed partial class DeadlineScheduler : IDisposable
{
    public const long Never = long.MaxValue;

    // Below this many dead places the queue is left alone.
    private const int CompactionThreshold = 1024;

    // Connections that come due close together share a tick.
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(5);

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
            _timer = time.CreateTimer(static state => ((DeadlineScheduler)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

    /// <summary>Places in the queue, the dead ones included.</summary>
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

    /// <summary>Moves an entry to an earlier time. A later one needs no call: the target answers when it comes due.</summary>
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

    // One connection that fails must not take everybody's heartbeats with it.
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
        _timer.Change(wait < ShortestTick ? ShortestTick : wait, Timeout.InfiniteTimeSpan);
    }

    // Places of connections that are gone stay in the queue until their time. Under churn with long intervals they would pile up (I8).
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
        [LoggerMessage(LogEventIds.ScheduledCallFailed, LogLevel.Error, "A connection failed in its heartbeat or deadline; it gets no more of them.")]
        public static partial void ScheduledCallFailed(ILogger logger, Exception exception);
    }
}

/// <summary>Something that wants to be called at a time.</summary>
internal interface IScheduled
{
    /// <summary>Called when its time has come. Must not wait.</summary>
    /// <returns>The timestamp of the next call, or <see cref="DeadlineScheduler.Never"/>.</returns>
    long OnDue(long now);
}

/// <summary>A place in the schedule. It outlives its target in the queue, so it lets go of it when removed.</summary>
internal sealed class ScheduledEntry(IScheduled target)
{
    public IScheduled? Target { get; set; } = target;

    /// <summary>The timestamp that counts. The queue may still hold the entry at other times; those are passed over.</summary>
    public long Due { get; set; } = DeadlineScheduler.Never;
}

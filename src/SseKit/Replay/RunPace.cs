using SseKit.Stores;
using SseKit.Topics.Following;

namespace SseKit.Replay;

/// <summary>
/// Slows a run to its readers. What the slowest reader that makes progress has not received stays within the limits of the topic, so that
/// the store does not delete it. Thread-safe.
/// </summary>
/// <param name="limits">The limits of a topic; null if the store has none.</param>
/// <param name="timeout">How long a run waits for a reader that makes no progress, which then no longer slows it.</param>
/// <param name="time">The clock.</param>
internal sealed class RunPace(ISseTopicLimits? limits, TimeSpan timeout, TimeProvider time)
{
    // One half of what the store holds is for events that readers have not been sent. The other is for those that a broken connection has
    // lost on the way: buffers of the network hold megabytes.
    private const int KeptParts = 2;

    // A page is a small part of what may be unread, so that a run need not wait until its readers have received everything. It holds the
    // topic's lock in the store while it is appended, and memory until then (I8).
    private const int PagesKept = 8;
    private const int MaxPageEvents = 256;
    private const int MaxPageBytes = 1024 * 1024;

    // How often a run without readers looks for those of other servers.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<RunReader> _readers = [];

    // The appended pages that the store still holds: the sequence of their last event, and the bytes of the run up to it.
    private readonly Deque<(long Sequence, long Bytes)> _pages = new();
    private TaskCompletionSource? _changed;
    private long? _foundElsewhere;
    private long _latest;
    private long _bytes;

    // Where the last reader left. It may reconnect there.
    private long _left;
    private long _deletedBytes;

    /// <summary>Gets the largest page of events that is appended at once.</summary>
    public RunPageBounds PageBounds { get; } = new(
        (int)Math.Clamp((limits?.MaxEventsPerTopic ?? long.MaxValue) / PagesKept, 1, MaxPageEvents),
        Math.Clamp((limits?.MaxBytesPerTopic ?? long.MaxValue) / PagesKept, 1, MaxPageBytes));

    /// <summary>Adds a reader, which has received nothing yet.</summary>
    public RunReader Join()
    {
        var reader = new RunReader(this);
        lock (_gate)
        {
            _readers.Add(reader);
            SignalLocked();
        }

        return reader;
    }

    public void Leave(RunReader reader)
    {
        lock (_gate)
        {
            if (_readers.Remove(reader) && _readers.Count == 0)
            {
                _left = Math.Max(_left, reader.Sequence);
            }

            SignalLocked();
        }
    }

    public void Advance(RunReader reader, long sequence)
    {
        lock (_gate)
        {
            reader.Sequence = sequence;
            reader.IsLeftBehind = false;
            SignalLocked();
        }
    }

    /// <summary>Records an append.</summary>
    /// <param name="sequence">The sequence of its last event.</param>
    /// <param name="bytes">The bytes of its payloads.</param>
    public void Appended(long sequence, long bytes)
    {
        if (limits is null)
        {
            return;
        }

        lock (_gate)
        {
            _latest = sequence;
            _bytes += bytes;
            _pages.Enqueue((sequence, _bytes));
            while (_latest - _pages[0].Sequence >= limits.MaxEventsPerTopic || _bytes - _pages[0].Bytes >= limits.MaxBytesPerTopic)
            {
                _deletedBytes = _pages.Dequeue().Bytes;
            }
        }
    }

    /// <summary>Waits until events can be appended without the loss of one that a reader has not received.</summary>
    /// <param name="events">The number of events.</param>
    /// <param name="bytes">The bytes of their payloads.</param>
    /// <param name="isFollowedElsewhere">
    /// Returns whether other servers have followers. Their positions are unknown here, so a run that only they follow is not slowed.
    /// </param>
    /// <param name="stopping">Ends the wait by an exception.</param>
    /// <remarks>Called by one caller at a time.</remarks>
    public async ValueTask WaitAsync(
        int events, long bytes, Func<Task<bool>> isFollowedElsewhere, CancellationToken stopping)
    {
        long slowest = -1;
        long since = time.GetTimestamp();
        while (!HasRoom(events, bytes, out long received, out bool hasReaders, out Task changed))
        {
            if (!hasReaders)
            {
                // For a client, or until the run is stopped.
                if (await IsFollowedElsewhereAsync(isFollowedElsewhere))
                {
                    return;
                }

                await IsInTimeAsync(changed, LookInterval, stopping);
                continue;
            }

            if (received != slowest)
            {
                slowest = received;
                since = time.GetTimestamp();
            }

            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - time.GetElapsedTime(since);
            if ((left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan) || !await IsInTimeAsync(changed, left, stopping))
            {
                LeaveBehind(slowest);
            }
        }
    }

    // The answer comes from the store, and each append needs it. One that was positive holds for an interval.
    private async ValueTask<bool> IsFollowedElsewhereAsync(Func<Task<bool>> look)
    {
        if (_foundElsewhere is { } found && time.GetElapsedTime(found) < LookInterval)
        {
            return true;
        }

        _foundElsewhere = await look() ? time.GetTimestamp() : null;
        return _foundElsewhere is not null;
    }

    private async Task<bool> IsInTimeAsync(Task changed, TimeSpan left, CancellationToken stopping)
    {
        try
        {
            await changed.WaitAsync(left, time, stopping);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool HasRoom(int events, long bytes, out long received, out bool hasReaders, out Task changed)
    {
        changed = Task.CompletedTask;
        lock (_gate)
        {
            hasReaders = _readers.Count > 0;
            received = ReceivedLocked();
            if (limits is null
                || received == _latest
                || (_latest - received + events <= limits.MaxEventsPerTopic / KeptParts
                    && BytesAfterLocked(received) + bytes <= limits.MaxBytesPerTopic / KeptParts))
            {
                return true;
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed = _changed.Task;
            return false;
        }
    }

    private void LeaveBehind(long sequence)
    {
        lock (_gate)
        {
            foreach (RunReader reader in _readers)
            {
                reader.IsLeftBehind |= reader.Sequence <= sequence;
            }
        }
    }

    // The position of the slowest reader that makes progress. Readers that make none do not count.
    private long ReceivedLocked()
    {
        if (_readers.Count == 0)
        {
            return _left;
        }

        long received = long.MaxValue;
        foreach (RunReader reader in _readers)
        {
            received = reader.IsLeftBehind ? received : Math.Min(received, reader.Sequence);
        }

        return Math.Min(received, _latest);
    }

    // By the page in which the event is, so that a part of a page counts whole.
    private long BytesAfterLocked(long sequence)
    {
        int low = 0;
        int high = _pages.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _pages[middle].Sequence <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? _bytes - _deletedBytes : _bytes - _pages[low - 1].Bytes;
    }

    private void SignalLocked()
    {
        _changed?.TrySetResult();
        _changed = null;
    }
}

/// <summary>A client's progress in a run.</summary>
internal sealed class RunReader(RunPace pace) : IFollowProgress
{
    /// <summary>The last event that it has received; 0 if there is none. Guarded by the lock of the pace.</summary>
    public long Sequence { get; set; }

    /// <summary>Whether it made no progress for so long that the run no longer waits for it.</summary>
    public bool IsLeftBehind { get; set; }

    public void Advanced(SsePosition position) => pace.Advance(this, position.Sequence);
}

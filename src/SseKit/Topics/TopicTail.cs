using SseKit.Stores;

namespace SseKit.Topics;

/// <summary>
/// The most recent events of a topic, shared by all its followers, so that only followers that are far behind read the store. It has no
/// holes and is bounded by count and bytes (I8). The caller holds the topic's lock.
/// </summary>
internal sealed class TopicTail
{
    // A burst must still be here when the last of thousands of followers reads it; otherwise those would read the store.
    private const int MaxEvents = 1024;
    private const int MaxBytes = 1024 * 1024;

    private readonly Deque<SseStoredEvent> _events = new();
    private ComposedBursts? _bursts;
    private long _bytes;

    // When the newest events were appended. Null as long as it is not measured.
    private Deque<long>? _appendedAt;

    public string? Epoch { get; private set; }

    /// <summary>The number of the last event; it is in the tail unless the tail is empty.</summary>
    public long LastSequence { get; private set; }

    private long First => LastSequence - _events.Count + 1;

    /// <summary>
    /// Adds the event that follows the last one. Returns false if there is a hole before it, or it belongs to another log.
    /// </summary>
    public bool TryAdd(SsePosition position, ReadOnlyMemory<byte> payload, long appendedAt = TopicMetrics.NotMeasured)
    {
        if (Epoch is not null && (position.Epoch != Epoch || position.Sequence != LastSequence + 1))
        {
            return false;
        }

        Epoch = position.Epoch;
        LastSequence = position.Sequence;
        _events.Enqueue(new SseStoredEvent { Sequence = position.Sequence, Payload = payload });
        _bytes += payload.Length;
        if (appendedAt != TopicMetrics.NotMeasured || _appendedAt is not null)
        {
            (_appendedAt ??= new Deque<long>()).Enqueue(appendedAt);
        }

        while (_events.Count > MaxEvents || (_bytes > MaxBytes && _events.Count > 1))
        {
            SseStoredEvent oldest = _events.Dequeue();
            _bytes -= oldest.Payload.Length;
            _bursts?.Drop(oldest.Sequence);
            if (_appendedAt?.Count > _events.Count)
            {
                _appendedAt.Dequeue();
            }
        }

        return true;
    }

    /// <summary>Removes the events, and keeps the end.</summary>
    public void DropEvents()
    {
        _events.Clear();
        _bursts = null;
        _appendedAt = null;
        _bytes = 0;
    }

    /// <summary>Resets the tail: the next event may have any position.</summary>
    public void Clear()
    {
        DropEvents();
        Epoch = null;
        LastSequence = 0;
    }

    /// <summary>Sets the end of the tail to this position. The next event is the one after it.</summary>
    public void BeginAt(SsePosition position)
    {
        if (!EndsAt(position))
        {
            Clear();
            Epoch = position.Epoch;
            LastSequence = position.Sequence;
        }
    }

    /// <summary>Whether no event after this position is known.</summary>
    public bool EndsAt(SsePosition position) => position.Epoch == Epoch && position.Sequence == LastSequence;

    /// <summary>Copies the events that follow a position. Returns 0 if there are none, or the position is too far behind.</summary>
    public int Read(SsePosition after, Span<SseStoredEvent> events)
    {
        if (!HoldsWhatFollows(after))
        {
            return 0;
        }

        int skipped = (int)(after.Sequence + 1 - First);
        int count = Math.Min(events.Length, _events.Count - skipped);
        for (int i = 0; i < count; i++)
        {
            events[i] = _events[skipped + i];
        }

        return count;
    }

    /// <summary>
    /// Reads the events after a position as bytes that all readers share, up to the end of one burst. Empty if there are no such bytes.
    /// </summary>
    public BurstPart ReadBurst(SsePosition after) =>
        HoldsWhatFollows(after) ? (_bursts ??= new ComposedBursts(_events)).Read(Epoch!, after.Sequence) : default;

    /// <summary>
    /// When the event after a position was appended; <see cref="TopicMetrics.NotMeasured"/> if it is not known or not in the tail.
    /// </summary>
    public long AppendedAt(SsePosition after)
    {
        long newer = LastSequence - after.Sequence;
        return _appendedAt is { } times && after.Epoch == Epoch && newer > 0 && newer <= times.Count
            ? times[times.Count - (int)newer]
            : TopicMetrics.NotMeasured;
    }

    private bool HoldsWhatFollows(SsePosition position) =>
        position.Epoch == Epoch && position.Sequence + 1 >= First && position.Sequence < LastSequence;
}

/// <summary>
/// The end of a topic's log that was known before the store was read. If the store's answer ends before it, the store has lost events that
/// it had acknowledged.
/// </summary>
/// <param name="Branch">How often the topic's log had gone back.</param>
/// <param name="Epoch">The log's epoch, or null if it was not known.</param>
/// <param name="LastSequence">The last event that was known.</param>
internal readonly record struct TailMark(int Branch, string? Epoch, long LastSequence)
{
    public bool IsContradictedBy(SsePosition latest) => latest.Epoch == Epoch && latest.Sequence < LastSequence;
}

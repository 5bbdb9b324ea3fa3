using SseKit.Stores;

namespace SseKit.Topics;

/// <summary>
/// Holds the part of a topic's tail that was read as wire bytes. A burst is composed when it is first read, and dropped when the tail
/// drops its events, or earlier. The caller holds the topic's lock.
/// </summary>
/// <param name="tail">The events of the tail, without holes.</param>
internal sealed class ComposedBursts(Deque<SseStoredEvent> tail)
{
    // A topic with few events keeps few bytes. A burst is composed in pieces, of which two fit into Kestrel's output buffer.
    private const int MinCapacity = 2 * 1024;
    private const int MaxCapacity = 32 * 1024;

    // For all bursts together (I8): the whole tail of a busy topic is not kept a second time for followers that are far behind.
    private const int MaxBytes = 256 * 1024;

    private readonly Deque<ComposedBurst> _bursts = new();
    private int _bytes;

    // Events up to this one are composed, or are written event by event.
    private long _composedUpTo;

    /// <summary>Reads the bytes after a sequence, up to the end of one burst. Empty if no burst holds the event.</summary>
    /// <param name="epoch">The tail's epoch.</param>
    /// <param name="after">The reader's position; the event after it is in the tail.</param>
    public BurstPart Read(string epoch, long after)
    {
        if (_bursts.Count == 0)
        {
            _composedUpTo = after;
        }

        Compose(epoch, after + 1);
        for (int i = _bursts.Count - 1; i >= 0 && _bursts[i].Last > after; i--)
        {
            if (_bursts[i].First <= after + 1)
            {
                return new BurstPart(_bursts[i].From(after + 1), (int)(_bursts[i].Last - after));
            }
        }

        return default;
    }

    /// <summary>Removes the bursts whose events the tail has removed, up to this one.</summary>
    public void Drop(long sequence)
    {
        while (_bursts.Count > 0 && _bursts[0].Last <= sequence)
        {
            DropOldest();
        }
    }

    // As many events as fit into the burst that holds this one.
    private void Compose(string epoch, long wanted)
    {
        long first = tail[0].Sequence;
        for (int i = (int)(_composedUpTo + 1 - first); i < tail.Count; i++)
        {
            SseStoredEvent next = tail[i];
            if (IsShared(next) && !TryAddToLast(epoch, next))
            {
                if (next.Sequence > wanted)
                {
                    return;
                }

                var burst = new ComposedBurst(next.Sequence, CapacityFrom(i));
                burst.TryAdd(epoch, next);
                Keep(burst);
            }

            _composedUpTo = next.Sequence;
        }
    }

    // Other events are too large for a second copy, or are no events.
    private static bool IsShared(in SseStoredEvent each) =>
        ComposedBurst.MaxSize(each) <= MaxCapacity && !EventPayload.IsControl(each.Payload.Span);

    private void Keep(ComposedBurst burst)
    {
        _bursts.Enqueue(burst);
        _bytes += burst.Capacity;
        while (_bytes > MaxBytes)
        {
            DropOldest();
        }
    }

    private void DropOldest() => _bytes -= _bursts.Dequeue().Capacity;

    private bool TryAddToLast(string epoch, in SseStoredEvent next) =>
        _bursts.Count > 0 && _bursts[_bursts.Count - 1] is var last && last.Last + 1 == next.Sequence && last.TryAdd(epoch, next);

    private int CapacityFrom(int index)
    {
        long capacity = 0;
        for (int i = index; i < tail.Count && capacity < MaxCapacity; i++)
        {
            capacity += ComposedBurst.MaxSize(tail[i]);
        }

        return (int)Math.Clamp(capacity, MinCapacity, MaxCapacity);
    }
}

namespace SseKit.Storage;

/// <summary>One topic's log in memory. The caller holds the store's gate.</summary>
internal sealed class SseMemoryTopic(string name, string epoch)
{
    private readonly SseDeque<Entry> _events = new();
    private Dictionary<string, long>? _sequenceByKey;

    public string Name { get; } = name;

    public SsePosition Head { get; private set; } = new(epoch, 0);

    public long OldestSequence => Head.Sequence - _events.Count + 1;

    public int Count => _events.Count;

    public long Bytes { get; private set; }

    public SseTopicCompletion Completion { get; set; }

    public SseTopicState State => new(Head, OldestSequence, Completion);

    public DateTimeOffset OldestTime => _events[0].Time;

    public void Append(ReadOnlyMemory<byte> payload, string? key, DateTimeOffset time)
    {
        Head = Head with { Sequence = Head.Sequence + 1 };
        _events.Enqueue(new Entry(payload, key, time));
        Bytes += payload.Length;
        if (key is not null)
        {
            (_sequenceByKey ??= []).Add(key, Head.Sequence);
        }
    }

    public bool TryFind(string? key, out SsePosition position)
    {
        position = default;
        if (key is null || _sequenceByKey is null || !_sequenceByKey.TryGetValue(key, out long sequence))
        {
            return false;
        }

        position = Head with { Sequence = sequence };
        return true;
    }

    /// <summary>Drops the oldest event and returns its bytes.</summary>
    public int DropOldest()
    {
        Entry oldest = _events.Dequeue();
        Bytes -= oldest.Payload.Length;
        if (oldest.Key is not null)
        {
            _sequenceByKey!.Remove(oldest.Key);
        }

        return oldest.Payload.Length;
    }

    public SseStorePage Read(SsePosition after, int maxEvents)
    {
        if (after.Epoch != Head.Epoch || after.Sequence > Head.Sequence)
        {
            return new SseStorePage(SseReadStatus.Unknown, [], State);
        }

        if (after.Sequence + 1 < OldestSequence)
        {
            return new SseStorePage(SseReadStatus.Expired, [], State);
        }

        int skipped = (int)(after.Sequence + 1 - OldestSequence);
        int count = Math.Min(maxEvents, _events.Count - skipped);
        return new SseStorePage(SseReadStatus.Ok, count == 0 ? [] : Slice(skipped, count), State);
    }

    private SseStoredEvent[] Slice(int skipped, int count)
    {
        var slice = new SseStoredEvent[count];
        for (int i = 0; i < count; i++)
        {
            slice[i] = new SseStoredEvent(OldestSequence + skipped + i, _events[skipped + i].Payload);
        }

        return slice;
    }

    private readonly record struct Entry(ReadOnlyMemory<byte> Payload, string? Key, DateTimeOffset Time);
}

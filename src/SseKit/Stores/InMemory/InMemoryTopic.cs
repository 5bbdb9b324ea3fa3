namespace SseKit.Stores.InMemory;

/// <summary>One topic's log in memory. The caller holds the store's lock.</summary>
internal sealed class InMemoryTopic(string name, string epoch)
{
    // The memory of an event besides its payload: its entries in the queues, and the objects around its bytes. Without it, small events
    // would take many times the allowed memory (I8).
    private const int EventCost = 128;

    private const int KeyCost = 64;

    private readonly Deque<Entry> _events = new();
    private Dictionary<string, long>? _sequenceByKey;

    public string Name { get; } = name;

    /// <summary>Its node in the store's list of topics; null if the store does not hold it.</summary>
    public LinkedListNode<InMemoryTopic>? Node { get; set; }

    public SsePosition Latest { get; private set; } = new(epoch, 0);

    public long EarliestSequence => Latest.Sequence - _events.Count + 1;

    public int Count => _events.Count;

    /// <summary>The bytes of the payloads.</summary>
    public long Bytes { get; private set; }

    public SseTopicStatus Status { get; set; }

    public SseTopicState State => new() { Latest = Latest, EarliestSequence = EarliestSequence, Status = Status };

    public DateTimeOffset OldestTime => _events[0].Time;

    /// <summary>Appends an event and returns the memory that it takes.</summary>
    public long Append(ReadOnlyMemory<byte> payload, string? key, DateTimeOffset time)
    {
        var entry = new Entry(payload, key, time);
        Latest = Latest with { Sequence = Latest.Sequence + 1 };
        _events.Enqueue(entry);
        Bytes += payload.Length;
        if (key is not null)
        {
            (_sequenceByKey ??= []).Add(key, Latest.Sequence);
        }

        return entry.Cost;
    }

    public bool TryFind(string? key, out SsePosition position)
    {
        position = default;
        if (key is null || _sequenceByKey is null || !_sequenceByKey.TryGetValue(key, out long sequence))
        {
            return false;
        }

        position = Latest with { Sequence = sequence };
        return true;
    }

    /// <summary>Deletes the oldest event and returns the memory that it took.</summary>
    public long DropOldest()
    {
        Entry oldest = _events.Dequeue();
        Bytes -= oldest.Payload.Length;
        if (oldest.Key is not null)
        {
            _sequenceByKey!.Remove(oldest.Key);
        }

        // A dictionary keeps its size when it is emptied.
        if (_sequenceByKey?.Count == 0)
        {
            _sequenceByKey = null;
        }

        return oldest.Cost;
    }

    public SseReadResult Read(SsePosition after, int maxEvents)
    {
        if (after.Epoch != Latest.Epoch || after.Sequence < 0 || after.Sequence > Latest.Sequence)
        {
            return Result(SseReadStatus.Unknown, []);
        }

        if (after.Sequence + 1 < EarliestSequence)
        {
            return Result(SseReadStatus.Expired, []);
        }

        int skipped = (int)(after.Sequence + 1 - EarliestSequence);
        int count = Math.Min(maxEvents, _events.Count - skipped);
        return Result(SseReadStatus.Ok, count == 0 ? [] : Slice(skipped, count));
    }

    private SseReadResult Result(SseReadStatus status, SseStoredEvent[] events) =>
        new() { Status = status, Events = events, State = State };

    private SseStoredEvent[] Slice(int skipped, int count)
    {
        var slice = new SseStoredEvent[count];
        for (int i = 0; i < count; i++)
        {
            slice[i] = new SseStoredEvent { Sequence = EarliestSequence + skipped + i, Payload = _events[skipped + i].Payload };
        }

        return slice;
    }

    private readonly record struct Entry(ReadOnlyMemory<byte> Payload, string? Key, DateTimeOffset Time)
    {
        public long Cost => EventCost + Payload.Length + (Key is null ? 0 : KeyCost + (Key.Length * sizeof(char)));
    }
}

namespace SseKit.Storage.FileLog;

/// <summary>
/// One topic of a log, as readers see it: what is written and, where every append is flushed, on the disk. The state's gate guards it.
/// </summary>
internal sealed class SseLogTopic(long id, string name, string epoch)
{
    private SseLogKeys? _keys;

    public long Id { get; } = id;

    public string Name { get; } = name;

    public SsePosition Latest { get; private set; } = new(epoch, 0);

    public SseTopicStatus Status { get; set; }

    public SseLogIndex Entries { get; } = new();

    /// <summary>The bytes that the events take in the log.</summary>
    public long Bytes { get; private set; }

    /// <summary>The place in the order of use.</summary>
    public LinkedListNode<SseLogTopic>? Use { get; set; }

    /// <summary>What the batch on its way has appended already. The writer's own.</summary>
    public SseLogPending? Pending { get; set; }

    public long EarliestSequence => Latest.Sequence - Entries.Count + 1;

    public SseTopicState State => new(Latest, EarliestSequence, Status);

    public SseLogTopicRecord Record => new(Id, Name, Latest, EarliestSequence, Status);

    public bool TryFind(UInt128 key, out long sequence)
    {
        sequence = 0;
        return _keys is not null && _keys.TryFind(key, out sequence);
    }

    public void Append(SseLogEntry entry, UInt128? key)
    {
        Latest = Latest with { Sequence = Latest.Sequence + 1 };
        Entries.Add(entry);
        Bytes += entry.Length;
        if (key is { } hash)
        {
            (_keys ??= new SseLogKeys()).Add(hash, Latest.Sequence);
        }
    }

    public SseLogEntry DropOldest()
    {
        SseLogEntry oldest = Entries.TakeOldest();
        Bytes -= oldest.Length;
        _keys?.DropBefore(EarliestSequence);
        if (_keys?.Count == 0)
        {
            _keys = null;
        }

        return oldest;
    }

    /// <summary>Goes on behind this sequence, with no events held.</summary>
    public void MoveHead(long sequence) => Latest = Latest with { Sequence = sequence };

    public void Renew(string newEpoch) => Latest = Latest with { Epoch = newEpoch };
}

namespace SseKit.Storage.FileLog;

/// <summary>
/// One topic of a log, as readers see it: what is written and, where every append is flushed, on the disk. The state's gate guards it.
/// </summary>
internal sealed class SseLogTopic(long id, string name, string epoch)
{
    private SseLogKeys? _keys;

    public long Id { get; } = id;

    public string Name { get; } = name;

    public SsePosition Head { get; private set; } = new(epoch, 0);

    public SseTopicCompletion Completion { get; set; }

    public SseLogIndex Entries { get; } = new();

    /// <summary>The bytes that the events take in the log.</summary>
    public long Bytes { get; private set; }

    /// <summary>The place in the order of use.</summary>
    public LinkedListNode<SseLogTopic>? Use { get; set; }

    /// <summary>What the batch on its way has appended already. The writer's own.</summary>
    public SseLogPending? Pending { get; set; }

    public long OldestSequence => Head.Sequence - Entries.Count + 1;

    public SseTopicState State => new(Head, OldestSequence, Completion);

    public SseLogTopicRecord Record => new(Id, Name, Head, OldestSequence, Completion);

    public bool TryFind(UInt128 key, out long sequence)
    {
        sequence = 0;
        return _keys is not null && _keys.TryFind(key, out sequence);
    }

    public void Append(SseLogEntry entry, UInt128? key)
    {
        Head = Head with { Sequence = Head.Sequence + 1 };
        Entries.Add(entry);
        Bytes += entry.Length;
        if (key is { } hash)
        {
            (_keys ??= new SseLogKeys()).Add(hash, Head.Sequence);
        }
    }

    public SseLogEntry DropOldest()
    {
        SseLogEntry oldest = Entries.TakeOldest();
        Bytes -= oldest.Length;
        _keys?.DropBefore(OldestSequence);
        if (_keys?.Count == 0)
        {
            _keys = null;
        }

        return oldest;
    }

    /// <summary>Goes on behind this sequence, with no events held.</summary>
    public void MoveHead(long sequence) => Head = Head with { Sequence = sequence };

    public void Renew(string newEpoch) => Head = Head with { Epoch = newEpoch };
}

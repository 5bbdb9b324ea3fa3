namespace SseKit.Storage.FileLog;

/// <summary>The segments, and what is let go with them.</summary>
internal sealed partial class SseLogState
{
    // A segment opens with all topics. Of many topics it must not be the largest part.
    private const int OpeningShare = 3;

    private readonly List<SseLogSegment> _segments = [];
    private readonly Dictionary<uint, SseLogSegment> _byOrdinal = [];
    private readonly List<SseLogSegment> _dropped = [];
    private uint _ordinals;

    /// <summary>What the files take.</summary>
    public long Bytes { get; private set; }

    /// <summary>Oldest first. The last one takes what is written.</summary>
    public IReadOnlyList<SseLogSegment> Segments => _segments;

    public SseLogSegment Active => _segments[^1];

    /// <summary>Whether it is time for the next segment. The bounds of all topics let go of whole segments, so those are small beside them.</summary>
    public bool IsActiveFull =>
        Active.Length - Active.OpeningLength >= Math.Max(RollSize, OpeningShare * Active.OpeningLength)
        || Active.WrittenEvents >= Math.Max(1, options.MaxEvents / 8);

    /// <summary>Whether all events of the segment that is written are gone.</summary>
    public bool IsActiveDead => Active is { WrittenEvents: > 0, Events: 0 };

    private long RollSize => Math.Min(options.SegmentSize, options.MaxBytes / 8);

    public uint NextOrdinal() => ++_ordinals;

    public SseLogSegment SegmentOf(SseLogEntry entry) => _byOrdinal[entry.Segment];

    /// <summary>Adds the segment that takes what is written from now on.</summary>
    public void Add(SseLogSegment segment)
    {
        _segments.Add(segment);
        _byOrdinal.Add(segment.Ordinal, segment);
        Bytes += segment.Length;
    }

    public void Grow(SseLogSegment segment, long length)
    {
        Bytes += length - segment.Length;
        segment.Length = length;
    }

    /// <summary>Puts a segment, compacted, in the place of the one it was made from. False where that one was dropped meanwhile.</summary>
    public bool TryReplace(SseLogSegment old, SseLogSegment compacted, IReadOnlyList<SseLogMove> moves)
    {
        int place = _segments.IndexOf(old);
        if (place < 0)
        {
            return false;
        }

        foreach (SseLogMove move in moves)
        {
            if (_byId.GetValueOrDefault(move.Topic) is { } topic && topic.EarliestSequence <= move.Sequence)
            {
                ref SseLogEntry entry = ref topic.Entries[(int)(move.Sequence - topic.EarliestSequence)];
                entry = entry with { Segment = compacted.Ordinal, Offset = move.Offset };
                compacted.Events++;
            }
            else
            {
                compacted.DeadEvents++;
                compacted.DeadBytes += move.Length;
            }
        }

        _segments[place] = compacted;
        _byOrdinal.Remove(old.Ordinal);
        _byOrdinal.Add(compacted.Ordinal, compacted);
        Bytes += compacted.Length - old.Length;
        return true;
    }

    /// <summary>Lets go of the oldest segments until what is left is within the bounds. The one with the newest events stays.</summary>
    public bool BoundAll()
    {
        bool any = false;
        int kept = Active.WrittenEvents > 0 ? 1 : 2;
        while (_segments.Count > kept && (Bytes > options.MaxBytes || Events > options.MaxEvents))
        {
            Drop(_segments[0]);
            any = true;
        }

        return any;
    }

    /// <summary>Takes away the segments of which no event is held.</summary>
    public List<SseLogSegment> TakeDropped()
    {
        foreach (SseLogSegment dead in _segments.Take(_segments.Count - 1).Where(segment => segment.Events == 0).ToList())
        {
            Drop(dead);
        }

        List<SseLogSegment> dropped = [.. _dropped];
        _dropped.Clear();
        return dropped;
    }

    /// <summary>The segment to compact, while dead events take more than the living.</summary>
    public SseLogSegment? FindCompactable()
    {
        long dead = _segments.Take(_segments.Count - 1).Sum(segment => segment.DeadBytes);
        if (dead <= (Bytes / 2) + RollSize)
        {
            return null;
        }

        return _segments.Take(_segments.Count - 1).MaxBy(segment => (double)segment.DeadBytes / segment.Length);
    }

    private void Drop(SseLogSegment segment)
    {
        foreach (SseLogTopic topic in _byName.Values)
        {
            while (segment.Events > 0 && topic.Entries.Count > 0 && topic.Entries[0].Segment == segment.Ordinal)
            {
                DropOldest(topic);
            }
        }

        _segments.Remove(segment);
        _byOrdinal.Remove(segment.Ordinal);
        _dropped.Add(segment);
        Bytes -= segment.Length;
    }
}

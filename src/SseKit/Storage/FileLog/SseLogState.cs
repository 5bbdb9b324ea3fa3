namespace SseKit.Storage.FileLog;

/// <summary>
/// What is known of a log in memory: its topics, where their events lie, its segments. All members but <see cref="Gate"/> are for those who hold
/// it, and nobody who holds it touches the disk.
/// </summary>
internal sealed partial class SseLogState(SseFileStoreOptions options, TimeProvider time)
{
    private readonly Dictionary<string, SseLogTopic> _byName = [];
    private readonly Dictionary<long, SseLogTopic> _byId = [];
    private readonly LinkedList<SseLogTopic> _byUse = [];
    private readonly LinkedList<SseLogTopic> _emptyByUse = [];

    public Lock Gate { get; } = new();

    public SseLogEpochs Epochs { get; } = new();

    public long NextTopic { get; set; } = 1;

    /// <summary>The events that are held.</summary>
    public long Events { get; private set; }

    public IReadOnlyCollection<SseLogTopic> Topics => _byName.Values;

    /// <summary>A topic that was never used, or is forgotten, has none.</summary>
    public SseLogTopic? Find(string name)
    {
        SseLogTopic? topic = FindByName(name);
        if (topic is not null)
        {
            MoveFirst(topic);
            Expire(topic);
        }

        return topic;
    }

    /// <summary>Finds a topic without using it.</summary>
    public SseLogTopic? FindByName(string name) => _byName.GetValueOrDefault(name);

    public SseLogTopic? Find(long id) => _byId.GetValueOrDefault(id);

    public SseTopicState StateOf(string name, out SseLogTopic? topic)
    {
        topic = Find(name);
        return topic?.State ?? new SseTopicState(new SsePosition(Epochs.Of(name), 0), 1, SseTopicStatus.Open);
    }

    /// <summary>The topic that is forgotten when there are too many. Whoever uses up names must not push events out.</summary>
    public SseLogTopic? LeastUsed => (_emptyByUse.Last ?? _byUse.Last)?.Value;

    public void Add(SseLogTopic topic)
    {
        _byName.Add(topic.Name, topic);
        _byId.Add(topic.Id, topic);
        topic.Use = _emptyByUse.AddFirst(topic);
    }

    public void Remove(SseLogTopic topic)
    {
        DropThrough(topic, topic.Latest.Sequence);
        topic.Use!.List!.Remove(topic.Use);
        _byName.Remove(topic.Name);
        _byId.Remove(topic.Id);
    }

    public void Append(SseLogTopic topic, SseLogEntry entry, UInt128? key)
    {
        topic.Append(entry, key);
        _byOrdinal[entry.Segment].Events++;
        Events++;
        while (topic.Entries.Count > options.MaxEventsPerTopic || (topic.Bytes > options.MaxBytesPerTopic && topic.Entries.Count > 1))
        {
            DropOldest(topic);
        }

        MoveFirst(topic);
    }

    public void DropThrough(SseLogTopic topic, long sequence)
    {
        while (topic.Entries.Count > 0 && topic.EarliestSequence <= sequence)
        {
            DropOldest(topic);
        }
    }

    /// <summary>Lets go of events that are too old.</summary>
    public void ExpireAll()
    {
        foreach (SseLogTopic topic in _byName.Values)
        {
            Expire(topic);
        }
    }

    public uint SecondsNow() => (uint)Math.Ceiling(SecondsSince1970());

    private void Expire(SseLogTopic topic)
    {
        if (options.MaxAge == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        double expired = SecondsSince1970() - options.MaxAge.TotalSeconds;
        while (topic.Entries.Count > 0 && topic.Entries[0].Seconds <= expired)
        {
            DropOldest(topic);
        }
    }

    private void DropOldest(SseLogTopic topic)
    {
        SseLogEntry oldest = topic.DropOldest();
        SseLogSegment segment = _byOrdinal[oldest.Segment];
        segment.Events--;
        segment.DeadEvents++;
        segment.DeadBytes += oldest.Length;
        Events--;
        if (topic.Entries.Count == 0)
        {
            MoveFirst(topic);
        }
    }

    private void MoveFirst(SseLogTopic topic)
    {
        topic.Use!.List!.Remove(topic.Use);
        (topic.Entries.Count > 0 ? _byUse : _emptyByUse).AddFirst(topic.Use);
    }

    private double SecondsSince1970() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
}

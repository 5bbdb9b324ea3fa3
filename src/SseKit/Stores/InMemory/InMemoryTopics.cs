namespace SseKit.Stores.InMemory;

/// <summary>
/// The logs in memory, by name and in the order in which they make room for others: those that hold no events, those that do, those that
/// are completed, and last those that are
/// followed; each the longest unused first. The caller holds the store's gate.
/// </summary>
internal sealed class InMemoryTopics
{
    // How many followed topics are looked at for one that is no longer followed (I8: they may be all that there are).
    private const int MaxLooks = 32;

    private readonly Dictionary<string, InMemoryTopic> _byName = [];
    private readonly LinkedList<InMemoryTopic> _empty = [];
    private readonly LinkedList<InMemoryTopic> _withEvents = [];
    private readonly LinkedList<InMemoryTopic> _completed = [];

    // A topic that is met here while room is sought stays here until its next use.
    private readonly LinkedList<InMemoryTopic> _followed = [];

    public int Count => _byName.Count;

    public Func<string, bool> IsFollowed { get; set; } = static _ => false;

    public InMemoryTopic? Find(string name) => _byName.GetValueOrDefault(name);

    public void Add(InMemoryTopic log)
    {
        _byName.Add(log.Name, log);
        log.Node = ListOf(log).AddFirst(log);
    }

    /// <summary>Notes that a log was used, or that what it holds has changed.</summary>
    public void Touch(InMemoryTopic log)
    {
        log.Node!.List!.Remove(log.Node);
        ListOf(log).AddFirst(log.Node);
    }

    public void Remove(InMemoryTopic log)
    {
        if (log.Node is { } node)
        {
            _byName.Remove(log.Name);
            node.List!.Remove(node);
            log.Node = null;
        }
    }

    /// <summary>The log that makes room for another.</summary>
    public InMemoryTopic First() => First(_empty) ?? First(_withEvents) ?? First(_completed) ?? FirstOfFollowed();

    private InMemoryTopic? First(LinkedList<InMemoryTopic> list)
    {
        while (list.Last is { } node)
        {
            if (!IsFollowed(node.Value.Name))
            {
                return node.Value;
            }

            list.Remove(node);
            _followed.AddFirst(node);
        }

        return null;
    }

    private InMemoryTopic FirstOfFollowed()
    {
        LinkedListNode<InMemoryTopic>? node = _followed.Last;
        for (int i = 0; i < MaxLooks && node is not null; i++, node = node.Previous)
        {
            if (!IsFollowed(node.Value.Name))
            {
                return node.Value;
            }
        }

        return _followed.Last!.Value;
    }

    private LinkedList<InMemoryTopic> ListOf(InMemoryTopic log) => log switch
    {
        { Status: not SseTopicStatus.Open } => _completed,
        { Count: > 0 } => _withEvents,
        _ => _empty,
    };
}

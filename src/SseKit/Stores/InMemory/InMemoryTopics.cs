namespace SseKit.Stores.InMemory;

/// <summary>
/// The logs in memory, by name and in the order of their eviction: those without events, those with events, completed ones, and last
/// followed ones; each the longest unused first. The caller holds the store's lock.
/// </summary>
internal sealed class InMemoryTopics
{
    // The most followed topics that are checked for one that is no longer followed (I8: all topics may be followed).
    private const int MaxLooks = 32;

    private readonly Dictionary<string, InMemoryTopic> _byName = [];
    private readonly LinkedList<InMemoryTopic> _empty = [];
    private readonly LinkedList<InMemoryTopic> _withEvents = [];
    private readonly LinkedList<InMemoryTopic> _completed = [];

    // A topic that an eviction finds here stays here until its next use.
    private readonly LinkedList<InMemoryTopic> _followed = [];

    public int Count => _byName.Count;

    public Func<string, bool> IsFollowed { get; set; } = static _ => false;

    public InMemoryTopic? Find(string name) => _byName.GetValueOrDefault(name);

    public void Add(InMemoryTopic log)
    {
        _byName.Add(log.Name, log);
        log.Node = ListOf(log).AddFirst(log);
    }

    /// <summary>Moves a log after it was used, or after its events changed.</summary>
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

    /// <summary>The log to evict.</summary>
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

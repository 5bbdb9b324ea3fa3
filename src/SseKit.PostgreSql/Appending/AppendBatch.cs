namespace SseKit.PostgreSql;

/// <summary>What is appended in one transaction: events of one or several topics, each topic once.</summary>
internal sealed class AppendBatch
{
    // One transaction must neither hold its rows long nor fill the memory (I8).
    private const int MaxTopics = 64;
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly List<TopicAppends> _topics = [];
    private readonly List<int> _counts = [];
    private readonly List<PendingAppend> _events = [];
    private long _bytes;

    public IReadOnlyList<TopicAppends> Topics => _topics;

    /// <summary>How many events each topic has here.</summary>
    public IReadOnlyList<int> Counts => _counts;

    /// <summary>The events of all topics, one topic after the other.</summary>
    public IReadOnlyList<PendingAppend> Events => _events;

    public bool HasRoom => _topics.Count < MaxTopics && _events.Count < MaxEvents && _bytes < MaxBytes;

    /// <summary>Takes what waits for a topic, as far as there is room. Nothing of it, where nobody waits for it any more.</summary>
    /// <returns>How many events were dropped, because nobody waits for them.</returns>
    public int Take(TopicAppends topic)
    {
        int before = _events.Count;
        int dropped = 0;
        while (_events.Count < MaxEvents && _bytes < MaxBytes && topic.Waiting.TryDequeue(out PendingAppend? append))
        {
            // Its caller was told that the wait is over. Nothing has begun, so nothing is left behind.
            if (append.IsAbandoned)
            {
                dropped++;
                continue;
            }

            _events.Add(append);
            _bytes += append.Payload.Length;
        }

        _topics.Add(topic);
        _counts.Add(_events.Count - before);
        return dropped;
    }

    /// <summary>The events of a topic, by its place in <see cref="Topics"/>.</summary>
    public IReadOnlyList<PendingAppend> EventsOf(int topic)
    {
        int first = 0;
        for (int i = 0; i < topic; i++)
        {
            first += _counts[i];
        }

        return _events.GetRange(first, _counts[topic]);
    }
}

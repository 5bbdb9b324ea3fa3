namespace SseKit.PostgreSql;

/// <summary>Holds the events of one transaction: one or several topics, each topic once.</summary>
internal sealed class AppendBatch
{
    // These bounds limit how long one transaction locks its rows and how much memory it takes (I8).
    private const int MaxTopics = 64;
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly List<TopicAppends> _topics = [];
    private readonly List<int> _counts = [];
    private readonly List<PendingAppend> _events = [];
    private long _bytes;

    public IReadOnlyList<TopicAppends> Topics => _topics;

    /// <summary>The number of events of each topic.</summary>
    public IReadOnlyList<int> Counts => _counts;

    /// <summary>The events of all topics, one topic after the other.</summary>
    public IReadOnlyList<PendingAppend> Events => _events;

    public bool HasRoom => _topics.Count < MaxTopics && _events.Count < MaxEvents && _bytes < MaxBytes;

    /// <summary>Moves the waiting events of a topic into the batch, up to its bounds, and drops abandoned ones.</summary>
    /// <returns>The number of events that were dropped.</returns>
    public int Take(TopicAppends topic)
    {
        int before = _events.Count;
        int dropped = 0;
        while (_events.Count < MaxEvents && _bytes < MaxBytes && topic.Waiting.TryDequeue(out PendingAppend? append))
        {
            // The caller has received its cancellation, and no statement has begun for the event.
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

    /// <summary>Returns the events of a topic, by its index in <see cref="Topics"/>.</summary>
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

namespace SseKit.PostgreSql;

/// <summary>Holds the appends of one transaction: one or several topics, each topic once.</summary>
internal sealed class AppendBatch
{
    // These bounds limit how long one transaction locks its rows and how much memory it takes (I8). The append that reaches one is the
    // last.
    private const int MaxTopics = 64;
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly List<TopicAppends> _topics = [];
    private readonly List<int> _counts = [];
    private readonly List<PendingAppend> _appends = [];
    private int _events;
    private long _bytes;

    public IReadOnlyList<TopicAppends> Topics => _topics;

    /// <summary>The number of appends of each topic.</summary>
    public IReadOnlyList<int> Counts => _counts;

    /// <summary>The appends of all topics, one topic after the other.</summary>
    public IReadOnlyList<PendingAppend> Appends => _appends;

    public bool HasRoom => _topics.Count < MaxTopics && HasRoomForEvents;

    private bool HasRoomForEvents => _events < MaxEvents && _bytes < MaxBytes;

    /// <summary>Moves the waiting appends of a topic into the batch, up to its bounds, and drops abandoned ones.</summary>
    /// <returns>The number of appends that were dropped.</returns>
    public int Take(TopicAppends topic)
    {
        int before = _appends.Count;
        int dropped = 0;
        while (HasRoomForEvents && topic.Waiting.TryDequeue(out PendingAppend? append))
        {
            // The caller has received its cancellation, and no statement has begun for it.
            if (append.IsAbandoned)
            {
                dropped++;
                continue;
            }

            _appends.Add(append);
            _events += append.Request.Payloads.Count;
            _bytes += append.Request.Payloads.Sum(static payload => (long)payload.Length);
        }

        _topics.Add(topic);
        _counts.Add(_appends.Count - before);
        return dropped;
    }

    /// <summary>Returns the appends of a topic, by its index in <see cref="Topics"/>.</summary>
    public IReadOnlyList<PendingAppend> AppendsOf(int topic)
    {
        int first = 0;
        for (int i = 0; i < topic; i++)
        {
            first += _counts[i];
        }

        return _appends.GetRange(first, _counts[topic]);
    }
}

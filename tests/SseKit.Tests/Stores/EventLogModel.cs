namespace SseKit.Tests.Stores;

/// <summary>A minimal model of a topic, made of lists. Bounded by count and age like the tested store.</summary>
internal sealed class EventLogModel(int maxEvents, TimeSpan maxAge)
{
    private readonly List<(string Text, string? Key, DateTimeOffset Time)> _events = [];
    private int _dropped;

    public int Log { get; private set; }

    public bool Completed { get; private set; }

    public long Latest => _events.Count;

    public long Oldest => _dropped + 1;

    /// <summary>Appends, or finds the key. Null if the topic is completed.</summary>
    public (long Sequence, bool IsNew)? Append(string text, string? key, DateTimeOffset now)
    {
        Expire(now);
        int known = key is null ? -1 : _events.FindIndex(_dropped, each => each.Key == key);
        if (known >= 0)
        {
            return (known + 1, false);
        }

        if (Completed)
        {
            return null;
        }

        _events.Add((text, key, now));
        _dropped = Math.Max(_dropped, _events.Count - maxEvents);
        return (Latest, true);
    }

    public (SseReadStatus Status, string[] Texts) Read(int log, long after, int count, DateTimeOffset now)
    {
        Expire(now);
        if (log != Log || after > Latest)
        {
            return (SseReadStatus.Unknown, []);
        }

        return after < _dropped
            ? (SseReadStatus.Expired, [])
            : (SseReadStatus.Ok, [.. _events.Skip((int)after).Take(count).Select(each => each.Text)]);
    }

    public void Complete() => Completed = true;

    public void Delete()
    {
        _events.Clear();
        _dropped = 0;
        Completed = false;
        Log++;
    }

    private void Expire(DateTimeOffset now)
    {
        while (_dropped < _events.Count && now - _events[_dropped].Time >= maxAge)
        {
            _dropped++;
        }
    }
}

using SseKit.Connections;
using SseKit.Stores;

namespace SseKit.Topics;

/// <summary>Holds the topics that have followers. A topic without followers is removed; the store keeps its events. Thread-safe.</summary>
internal sealed class TopicRegistry : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Topic> _topics = [];
    private readonly TimeProvider _time;
    private readonly TopicMetrics _metrics;
    private readonly IDisposable? _changedElsewhere;
    private Action<string?>? _watcher;

    public TopicRegistry(ISseEventStore store, TimeProvider time, TopicMetrics metrics)
    {
        _time = time;
        _metrics = metrics;
        (store as IFollowerAware)?.UseFollowers(name => Find(name) is not null);
        _changedElsewhere = (store as ISseTopicChangeSource)?.Subscribe(AnnounceUnknown);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _topics.Count;
            }
        }
    }

    /// <summary>Finds a topic that has followers; null if there is none.</summary>
    public Topic? Find(string name)
    {
        lock (_gate)
        {
            return _topics.GetValueOrDefault(name);
        }
    }

    /// <summary>
    /// Begins to follow. From now on every publish finds the topic here after its append, so a follower that reads the store after this
    /// call misses no event (I2).
    /// </summary>
    public TopicSubscription Follow(string name, IWakeable listener)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                topic = new Topic(name, _time, _metrics);
                _topics.Add(name, topic);
            }

            topic.Followers++;
            return new TopicSubscription(topic, listener);
        }
    }

    public void Unfollow(TopicSubscription subscription)
    {
        subscription.Topic.StopWaiting(subscription);
        lock (_gate)
        {
            if (--subscription.Topic.Followers == 0)
            {
                _topics.Remove(subscription.Topic.Name);
            }
        }
    }

    /// <summary>
    /// Calls back when a topic may have changed in another way than by an event that this process has appended: it was completed or
    /// deleted, or another server has changed it.
    /// </summary>
    /// <param name="changed">Called with the topic's name, or null for any topic. It returns at once.</param>
    public void Watch(Action<string?> changed) => _watcher += changed;

    /// <summary>Announces that no more events will follow in a topic.</summary>
    public void AnnounceCompletion(string name)
    {
        Find(name)?.AnnounceCompletion();
        _watcher?.Invoke(name);
    }

    /// <summary>Wakes the followers of a topic to read the store, which may hold more than was announced here.</summary>
    /// <param name="name">The topic's name; null for all topics, also because the connection to the store was lost.</param>
    public void AnnounceUnknown(string? name)
    {
        foreach (Topic topic in Followed(name))
        {
            topic.AnnounceUnknown(mayHaveLost: name is null);
        }

        _watcher?.Invoke(name);
    }

    public void Dispose() => _changedElsewhere?.Dispose();

    private Topic[] Followed(string? name)
    {
        lock (_gate)
        {
            return name is null
                ? [.. _topics.Values]
                : _topics.TryGetValue(name, out Topic? topic) ? [topic] : [];
        }
    }
}

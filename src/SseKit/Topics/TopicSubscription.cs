using SseKit.Connections;

namespace SseKit.Topics;

/// <summary>One listener's place at one topic. It is its own link in the topic's list, so that waiting allocates nothing.</summary>
internal sealed class TopicSubscription(Topic topic, IWakeable listener)
{
    public Topic Topic { get; } = topic;

    public IWakeable Listener { get; } = listener;

    /// <summary>The topic's version when the listener looked for news. The listener's own.</summary>
    public long Seen { get; set; }

    /// <summary>How the topic ended, as far as the listener has read it. The listener's own.</summary>
    public SseTopicStatus Status { get; set; }

    /// <summary>The branch of the topic's log that the listener's position is on. The topic's gate guards it.</summary>
    public int Branch { get; set; } = topic.Branch;

    /// <summary>Whether the next events come from the store, whatever the tail holds. The listener's own.</summary>
    public bool ReadsStoreNext { get; set; }

    /// <summary>Whether the last that the listener read was a gap. The listener's own.</summary>
    public bool IsAfterGap { get; set; }

    public bool IsOpen => Status == SseTopicStatus.Open;

    // The topic's gate guards these three.
    public TopicSubscription? Next { get; set; }

    public TopicSubscription? Previous { get; set; }

    public bool IsWaiting { get; set; }
}

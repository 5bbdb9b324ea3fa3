namespace SseKit.Topics;

/// <summary>One listener's place at one topic. It is its own link in the topic's list, so that waiting allocates nothing.</summary>
internal sealed class SseTopicSubscription(SseTopic topic, ISseTopicListener listener)
{
    public SseTopic Topic { get; } = topic;

    public ISseTopicListener Listener { get; } = listener;

    // The topic's gate guards these three.
    public SseTopicSubscription? Next { get; set; }

    public SseTopicSubscription? Previous { get; set; }

    public bool IsWaiting { get; set; }
}

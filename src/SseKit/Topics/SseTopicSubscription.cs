namespace SseKit.Topics;

/// <summary>One listener's place at one topic. It is its own link in the topic's list, so that waiting allocates nothing.</summary>
internal sealed class SseTopicSubscription(SseTopic topic, ISseTopicListener listener)
{
    public SseTopic Topic { get; } = topic;

    public ISseTopicListener Listener { get; } = listener;

    /// <summary>The topic's version when the listener looked for news. The listener's own.</summary>
    public long Seen { get; set; }

    /// <summary>How the topic ended, as far as the listener has read it. The listener's own.</summary>
    public SseTopicCompletion Completion { get; set; }

    public bool IsOpen => Completion == SseTopicCompletion.Open;

    // The topic's gate guards these three.
    public SseTopicSubscription? Next { get; set; }

    public SseTopicSubscription? Previous { get; set; }

    public bool IsWaiting { get; set; }
}

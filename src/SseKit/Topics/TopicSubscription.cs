using SseKit.Connections;

namespace SseKit.Topics;

/// <summary>Links one listener to one topic. It is its own node in the topic's list, so that waiting allocates nothing.</summary>
internal sealed class TopicSubscription(Topic topic, IWakeable listener)
{
    public Topic Topic { get; } = topic;

    public IWakeable Listener { get; } = listener;

    /// <summary>The topic's version when the listener last checked it. The listener's own.</summary>
    public long Seen { get; set; }

    /// <summary>How the topic ended, as far as the listener has read it. The listener's own.</summary>
    public SseTopicStatus Status { get; set; }

    /// <summary>The branch of the topic's log that the listener's position is on. The topic's lock guards it.</summary>
    public int Branch { get; set; } = topic.Branch;

    /// <summary>The end of the log when the listener began to follow. What comes after it is live. The listener's own.</summary>
    public SsePosition Beginning { get; set; }

    /// <summary>Whether the last result that the listener read was a gap. The listener's own.</summary>
    public bool IsAfterGap { get; set; }

    /// <summary>Whether the completion of the topic ends the listener's stream.</summary>
    public bool EndsStream { get; set; }

    /// <summary>Whether the listener's stream ends, because it has read the completion.</summary>
    public bool EndsNow => EndsStream && !IsOpen;

    /// <summary>How many events up to a sequence, from the one after a position on, are older than the listener's stream.</summary>
    public long CountReplayed(SsePosition after, long last) =>
        after.Epoch == Beginning.Epoch ? Math.Max(Math.Min(last, Beginning.Sequence) - after.Sequence, 0) : 0;

    public bool IsLive(SsePosition after) => after.Epoch != Beginning.Epoch || after.Sequence >= Beginning.Sequence;

    public bool IsOpen => Status == SseTopicStatus.Open;

    // The topic's lock guards these three.
    public TopicSubscription? Next { get; set; }

    public TopicSubscription? Previous { get; set; }

    public bool IsWaiting { get; set; }
}

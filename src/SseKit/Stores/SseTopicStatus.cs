namespace SseKit;

/// <summary>Whether a topic can get more events.</summary>
public enum SseTopicStatus
{
    /// <summary>It can get more events.</summary>
    Open,

    /// <summary>It is finished: its followers end cleanly, and nothing can be appended.</summary>
    Completed,

    /// <summary>The run that wrote its events failed: its followers are aborted, and later ones get the failure too.</summary>
    Failed,

    /// <summary>As <see cref="Failed"/>, and the topic's last event reports the failure to clients.</summary>
    FailureReported,
}

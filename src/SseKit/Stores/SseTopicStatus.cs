namespace SseKit;

/// <summary>Whether a topic will get more events.</summary>
public enum SseTopicStatus
{
    /// <summary>It may get more.</summary>
    Open,

    /// <summary>It is finished: its followers end cleanly, and nothing can be appended.</summary>
    Completed,

    /// <summary>The run that fed it failed: its followers are broken off, and later ones receive the failure, too.</summary>
    Failed,
}

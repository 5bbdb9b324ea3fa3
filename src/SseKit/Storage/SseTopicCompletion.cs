namespace SseKit;

/// <summary>Whether a topic will get more events.</summary>
public enum SseTopicCompletion
{
    /// <summary>It may get more.</summary>
    Open,

    /// <summary>It is finished: its followers end cleanly, and nothing can be appended.</summary>
    Completed,

    /// <summary>What fed it failed: its followers are broken off, and later ones are told.</summary>
    Failed,
}

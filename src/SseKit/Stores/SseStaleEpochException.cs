namespace SseKit;

/// <summary>
/// Thrown when a topic's log is not the one that the caller expects: it was deleted or lost, and another has taken its place, or it lacks
/// events that the caller expects. Nothing was changed.
/// </summary>
public sealed class SseStaleEpochException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public SseStaleEpochException()
        : this("The topic does not have the expected epoch: its log was deleted or lost. Nothing was changed.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public SseStaleEpochException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SseStaleEpochException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The topic; null if it is unknown.</summary>
    public string? Topic { get; init; }

    /// <summary>Creates the exception for a topic that lacks a position. All stores report it with this message.</summary>
    public static SseStaleEpochException ForTopic(string topic, SsePosition expected) => expected.Sequence == 0
        ? ForTopic(topic, expected.Epoch)
        : new($"Topic '{topic}' does not have the event '{expected}': its log was deleted, or events of it were lost. Nothing was changed.")
        {
            Topic = topic,
        };

    /// <summary>Creates the exception for a topic. All stores report a stale epoch with this message.</summary>
    public static SseStaleEpochException ForTopic(string topic, string expectedEpoch) =>
        new($"Topic '{topic}' does not have the epoch '{expectedEpoch}': its log was deleted or lost. Nothing was changed.")
        {
            Topic = topic,
        };
}

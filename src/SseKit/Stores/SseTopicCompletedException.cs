namespace SseKit;

/// <summary>Thrown when an event is published to a topic that is completed.</summary>
public sealed class SseTopicCompletedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public SseTopicCompletedException()
        : this("The topic is completed and accepts no more events. Publish to another topic, or delete this one first.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public SseTopicCompletedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SseTopicCompletedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The topic; null if it is unknown.</summary>
    public string? Topic { get; init; }

    /// <summary>Creates the exception for a topic. All stores report a completed topic with this message.</summary>
    public static SseTopicCompletedException ForTopic(string topic) =>
        new($"Topic '{topic}' is completed and accepts no more events. Publish to another topic, or delete this one first.")
        {
            Topic = topic,
        };
}

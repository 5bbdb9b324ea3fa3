namespace SseKit;

/// <summary>
/// Thrown if a reader cannot continue from its position: the next events are no longer held, or the id is not of the topic.
/// </summary>
public sealed class SseGapException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public SseGapException()
        : this("The events after this id are no longer all held.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public SseGapException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public SseGapException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The topic; null if it is unknown.</summary>
    public string? Topic { get; init; }
}

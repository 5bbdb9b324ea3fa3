namespace SseKit;

/// <summary>
/// Thrown when a reader cannot go on from where it stopped: what follows is no longer all held, or the id is none of the topic.
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

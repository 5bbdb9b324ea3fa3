namespace SseKit;

/// <summary>The result of a read after a position.</summary>
public readonly record struct SseReadResult
{
    /// <summary>
    /// Whether the reader can continue from its position. If not, there are no events, and <see cref="State"/> shows what is held.
    /// </summary>
    public required SseReadStatus Status { get; init; }

    /// <summary>The next events in order, without holes; empty if there is nothing newer.</summary>
    public required IReadOnlyList<SseStoredEvent> Events { get; init; }

    /// <summary>The topic at that moment.</summary>
    public required SseTopicState State { get; init; }
}

namespace SseKit;

/// <summary>The result of an append.</summary>
public readonly record struct SseAppendResult
{
    /// <summary>The position of the last event.</summary>
    public required SsePosition Position { get; init; }

    /// <summary>
    /// Whether this append added the events. False if its idempotency key was known: the position is then the first append's, whose
    /// payloads may differ.
    /// </summary>
    public required bool IsNew { get; init; }
}

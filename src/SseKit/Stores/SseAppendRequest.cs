namespace SseKit;

/// <summary>Events to append to a topic: one, or several with consecutive numbers. Immutable.</summary>
public sealed class SseAppendRequest
{
    /// <summary>The topic.</summary>
    /// <value>1 to 256 characters of any kind.</value>
    public required string Topic { get; init; }

    /// <summary>The events, in order. All of them are appended, or none.</summary>
    /// <value>At least one payload. Neither the list nor the bytes change after the call.</value>
    /// <exception cref="ArgumentException">The list is empty.</exception>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Payloads
    {
        get;
        init => field = value is { Count: > 0 } ? value : throw new ArgumentException("An append needs at least one event.", nameof(value));
    }

    /// <summary>
    /// A key of the whole request: another append with this key, as long as the last event of the first one is held, appends nothing and
    /// finds that event.
    /// </summary>
    /// <value>1 to 256 characters of any kind. The default is null, for none.</value>
    public string? IdempotencyKey { get; init; }

    /// <summary>The epoch that the topic's log must have.</summary>
    /// <value>The default is null, for any.</value>
    public string? ExpectedEpoch { get; init; }
}

namespace SseKit;

/// <summary>An event as it is stored.</summary>
public readonly record struct SseStoredEvent
{
    /// <summary>Its number in the topic, from 1, without holes.</summary>
    public required long Sequence { get; init; }

    /// <summary>The bytes that were appended. They never change.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
}

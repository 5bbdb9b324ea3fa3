namespace SseKit;

/// <summary>An event as a store keeps it.</summary>
/// <param name="Sequence">Its number in the topic, from 1, without holes.</param>
/// <param name="Payload">The bytes that were appended. They never change.</param>
public readonly record struct SseStoredEvent(long Sequence, ReadOnlyMemory<byte> Payload);

namespace SseKit.Topics;

/// <summary>A piece of a topic's tail, ready for the wire. Its bytes never change.</summary>
/// <param name="Bytes">Whole events with their ids; empty where there is no such piece.</param>
/// <param name="Events">How many.</param>
internal readonly record struct SseRunPart(ReadOnlyMemory<byte> Bytes, int Events);

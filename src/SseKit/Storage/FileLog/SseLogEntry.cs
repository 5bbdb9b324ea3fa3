namespace SseKit.Storage.FileLog;

/// <summary>Where an event lies. 16 bytes, the memory that a stored event takes.</summary>
internal readonly record struct SseLogEntry(uint Segment, uint Offset, int Length, uint Seconds);

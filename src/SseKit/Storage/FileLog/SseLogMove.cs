namespace SseKit.Storage.FileLog;

/// <summary>Where a compacted segment has an event.</summary>
internal readonly record struct SseLogMove(long Topic, long Sequence, uint Offset, int Length);

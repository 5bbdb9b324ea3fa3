namespace SseKit;

/// <summary>The result of a read after a position.</summary>
/// <param name="Status">
/// Whether the reader can go on from its position. If not, there are no events, and <paramref name="State"/> says what is held.
/// </param>
/// <param name="Events">The next events in order, without holes; empty if there is nothing newer.</param>
/// <param name="State">The topic at that moment.</param>
public readonly record struct SseReadResult(SseReadStatus Status, IReadOnlyList<SseStoredEvent> Events, SseTopicState State);

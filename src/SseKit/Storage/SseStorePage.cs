namespace SseKit;

/// <summary>What a store found after a position.</summary>
/// <param name="Status">Whether the reader can go on from its position. Where not, there are no events, and <paramref name="State"/> says what is held.</param>
/// <param name="Events">The next events in order, without holes; empty where there is nothing newer.</param>
/// <param name="State">The topic at that moment.</param>
public readonly record struct SseStorePage(SseReadStatus Status, IReadOnlyList<SseStoredEvent> Events, SseTopicState State);

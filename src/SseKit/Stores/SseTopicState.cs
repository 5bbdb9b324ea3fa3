namespace SseKit;

/// <summary>What a store knows of a topic at one moment.</summary>
/// <param name="Latest">The position of its last event; sequence 0 if there was none.</param>
/// <param name="EarliestSequence">The number of the earliest event that is held; one more than the latest's if none is held.</param>
/// <param name="Status">Whether it will get more events.</param>
public readonly record struct SseTopicState(SsePosition Latest, long EarliestSequence, SseTopicStatus Status)
{
    /// <summary>Whether nothing was written to its log yet.</summary>
    internal bool IsUnused => Latest.Sequence == 0 && Status == SseTopicStatus.Open;
}

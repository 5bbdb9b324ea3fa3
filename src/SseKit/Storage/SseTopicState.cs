namespace SseKit;

/// <summary>What a store knows of a topic at one moment.</summary>
/// <param name="Head">The place after its last event; sequence 0 where there was none.</param>
/// <param name="OldestSequence">The number of the oldest event still held; one more than the head's where none is held.</param>
/// <param name="Completion">Whether it will get more events.</param>
public readonly record struct SseTopicState(SsePosition Head, long OldestSequence, SseTopicCompletion Completion)
{
    /// <summary>Whether nothing was written to its log yet.</summary>
    internal bool IsUnused => Head.Sequence == 0 && Completion == SseTopicCompletion.Open;
}

namespace SseKit.Stores;

/// <summary>
/// Finds positions of the earlier epochs of a log in its current one. Also compiled into the stores that record such epochs.
/// </summary>
internal static class TopicForks
{
    /// <summary>
    /// The last sequence that a log shares with an epoch. That of its own epoch is the latest one. Null if the epoch is not of this log.
    /// </summary>
    public static long? SharedWith(this SseTopicState state, string epoch)
    {
        if (epoch == state.Latest.Epoch)
        {
            return state.Latest.Sequence;
        }

        foreach (SsePosition fork in state.Forks)
        {
            if (fork.Epoch == epoch)
            {
                return fork.Sequence;
            }
        }

        return null;
    }

    /// <summary>Whether the log continues one that had an earlier epoch.</summary>
    public static bool Continues(this SseTopicState state, string epoch) =>
        epoch != state.Latest.Epoch && state.SharedWith(epoch) is not null;

    /// <summary>
    /// Converts a position of the log or of one of its earlier epochs to the current epoch. If its event was lost, returns the last position
    /// before it that was kept. Null if the epoch is not of this log.
    /// </summary>
    public static SsePosition? KeptOf(this SseTopicState state, SsePosition position) =>
        state.SharedWith(position.Epoch) is { } shared
            ? state.Latest with { Sequence = Math.Min(position.Sequence, shared) }
            : null;

    /// <summary>Converts a position of the log or of one of its earlier epochs to the current epoch. Null if it is unknown.</summary>
    public static SsePosition? Find(this SseTopicState state, SsePosition position) =>
        position.Sequence >= 0 && position.Sequence <= state.SharedWith(position.Epoch)
            ? state.Latest with { Sequence = position.Sequence }
            : null;
}

namespace SseKit.PostgreSql;

/// <summary>Makes the result of a read from the rows behind a position. Rows may be missing, because tools delete them by hand.</summary>
internal static class HeldEvents
{
    /// <param name="after">The reader's position.</param>
    /// <param name="status">Whether the position is one of the topic.</param>
    /// <param name="state">The topic.</param>
    /// <param name="rows">The next rows in order. Those behind a missing one are removed.</param>
    public static SseReadResult After(SsePosition after, SseReadStatus status, SseTopicState state, List<SseStoredEvent> rows)
    {
        int held = 0;
        while (held < rows.Count && rows[held].Sequence == after.Sequence + 1 + held)
        {
            held++;
        }

        if (held == 0 && status == SseReadStatus.Ok && after.Sequence < state.Latest.Sequence)
        {
            // The next event that is held is the earliest one for this reader.
            long earliest = rows.Count == 0 ? state.Latest.Sequence + 1 : rows[0].Sequence;
            return new SseReadResult { Status = SseReadStatus.Expired, Events = [], State = state with { EarliestSequence = earliest } };
        }

        rows.RemoveRange(held, rows.Count - held);
        return new SseReadResult { Status = status, Events = rows.Count == 0 ? [] : rows.ToArray(), State = state };
    }
}

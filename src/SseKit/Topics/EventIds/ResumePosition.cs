using SseKit.Stores;

namespace SseKit.Topics.EventIds;

/// <summary>
/// Turns the last event id of a client into a position in each topic. The id is untrusted: a forged, foreign or malformed one becomes a
/// position that no log has, which is handled as any unknown position.
/// </summary>
internal static class ResumePosition
{
    /// <summary>A position that is not of its topic. No epoch is empty, so the result in every store is "unknown".</summary>
    public static readonly SsePosition Unknown = new("", 0);

    /// <summary>
    /// Ends the id of the event that reports a failure. Without it, a client that disconnected just before the report would look like one
    /// that received it.
    /// </summary>
    public const byte FailureMark = (byte)'~';

    /// <summary>Whether the failure of the topics was reported to the client.</summary>
    public static bool HasSeenFailure(string? lastEventId) => lastEventId is [.., (char)FailureMark];

    /// <summary>The id without the mark of a failure.</summary>
    public static string WithoutFailureMark(string lastEventId) => HasSeenFailure(lastEventId) ? lastEventId[..^1] : lastEventId;

    /// <param name="topics">The topics that the route authorised, sorted by name.</param>
    /// <param name="states">The state of each.</param>
    /// <param name="lastEventId">Untrusted client input; null if the client has no id.</param>
    /// <param name="start">Where a client without an id starts.</param>
    public static SsePosition[] Positions(
        string[] topics, ReadOnlySpan<SseTopicState> states, string? lastEventId, SseReplayStart start)
    {
        var positions = new SsePosition[topics.Length];
        if (lastEventId is null)
        {
            for (int i = 0; i < topics.Length; i++)
            {
                positions[i] = Of(start, states[i]);
            }
        }
        else if (topics.Length == 1)
        {
            // The epoch's text is the store's, which all followers share, and not the client's copy.
            bool isPosition = SsePosition.TryParse(WithoutFailureMark(lastEventId), out SsePosition position);
            positions[0] = (isPosition ? states[0].Find(position) : null) ?? Unknown;
        }
        else
        {
            FromToken(topics, states, WithoutFailureMark(lastEventId), positions);
        }

        return positions;
    }

    /// <summary>The position at which a client without an id starts in a topic. What it names may have expired, which is a gap.</summary>
    public static SsePosition Of(SseReplayStart start, SseTopicState state)
    {
        long earliest = state.EarliestSequence - 1;
        long latest = state.Latest.Sequence;
        if (start.AfterEvent is { } after)
        {
            return state.Latest with { Sequence = Math.Min(after, latest) };
        }

        return state.Latest with { Sequence = Math.Max(earliest, latest - Math.Min(start.LastEvents, latest)) };
    }

    private static void FromToken(string[] topics, ReadOnlySpan<SseTopicState> states, string lastEventId, Span<SsePosition> positions)
    {
        Span<ulong> checks = stackalloc ulong[topics.Length];
        Span<long> sequences = stackalloc long[topics.Length];
        bool isReadable = CursorToken.TryRead(lastEventId, sequences, checks, out ulong mask);
        for (int i = 0; i < topics.Length; i++)
        {
            positions[i] = (isReadable ? Find(topics[i], states[i], sequences[i], checks[i], mask) : null) ?? Unknown;
        }
    }

    // The check is of the current epoch, or of an earlier one of the same log.
    private static SsePosition? Find(string topic, SseTopicState state, long sequence, ulong check, ulong mask)
    {
        if (Of(state.Latest.Epoch) is { } position)
        {
            return position;
        }

        foreach (SsePosition fork in state.Forks)
        {
            if (Of(fork.Epoch) is { } earlier)
            {
                return earlier;
            }
        }

        return null;

        SsePosition? Of(string epoch) =>
            (CursorToken.Check(topic, epoch) & mask) == check ? state.Find(new SsePosition(epoch, sequence)) : null;
    }
}

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

    /// <summary>
    /// The client's position in each topic; null where it starts as without an id. That is each topic if it has none, and otherwise each
    /// that its id does not include. An id that gives a position in none of the topics is unknown in all.
    /// </summary>
    /// <param name="topics">The topics that the route authorised, sorted by name.</param>
    /// <param name="states">The state of each.</param>
    /// <param name="lastEventId">Untrusted client input; null if the client has no id.</param>
    public static SsePosition?[] Positions(string[] topics, ReadOnlySpan<SseTopicState> states, string? lastEventId)
    {
        var positions = new SsePosition?[topics.Length];
        if (lastEventId is null)
        {
            return positions;
        }

        string id = WithoutFailureMark(lastEventId);
        if (SsePosition.TryParse(id, out SsePosition position))
        {
            FindOwner(states, position, positions);
        }
        else if (CursorToken.TryRead(id, out CursorToken token) && (token.HasNames || token.Count == topics.Length))
        {
            FindEntries(topics, states, token, positions);
        }

        if (Array.TrueForAll(positions, static each => each is null || each == Unknown))
        {
            Array.Fill(positions, Unknown);
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

    // The id of a connection that followed one topic. No two logs have the same epoch; if a store breaks that, the topic is unknown.
    private static void FindOwner(ReadOnlySpan<SseTopicState> states, SsePosition position, Span<SsePosition?> positions)
    {
        bool isFound = false;
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i].SharedWith(position.Epoch) is null)
            {
                continue;
            }

            if (isFound)
            {
                positions.Clear();
                return;
            }

            // The epoch's text is the store's, which all followers share, and not the client's copy.
            positions[i] = states[i].Find(position) ?? Unknown;
            isFound = true;
        }
    }

    // Topics and entries are in the order of their names, so a topic's entry is behind that of the topic before it. If two entries look
    // alike, those of the same set of topics are still found.
    private static void FindEntries(
        string[] topics, ReadOnlySpan<SseTopicState> states, CursorToken token, Span<SsePosition?> positions)
    {
        Span<bool> found = stackalloc bool[token.Count];
        int next = 0;
        for (int i = 0; i < topics.Length; i++)
        {
            TopicCheck[] checks = ChecksOf(topics[i], states[i]);
            int end = token.HasNames ? token.Count : i + 1;
            for (int entry = token.HasNames ? next : i; entry < end && positions[i] is null; entry++)
            {
                if (Find(states[i], token, entry, checks) is { } position)
                {
                    positions[i] = position;
                    found[entry] = true;
                    next = entry + 1;
                }
            }
        }

        for (int i = 0; i < topics.Length; i++)
        {
            positions[i] ??= IsIncluded(token, found, TopicCheck.Of(topics[i], states[i].Latest.Epoch)) ? Unknown : null;
        }
    }

    // The log is the current one, or an earlier epoch of it.
    private static SsePosition? Find(SseTopicState state, CursorToken token, int entry, TopicCheck[] checks)
    {
        for (int i = 0; i < checks.Length; i++)
        {
            string epoch = i == 0 ? state.Latest.Epoch : state.Forks[i - 1].Epoch;
            if (token.HasLog(entry, checks[i]) && state.Find(new SsePosition(epoch, token.Sequence(entry))) is { } position)
            {
                return position;
            }
        }

        return null;
    }

    // Whether the id has an entry for a topic whose position was not found: its log was lost, and the client must learn that (I5).
    private static bool IsIncluded(CursorToken token, ReadOnlySpan<bool> found, TopicCheck check)
    {
        for (int entry = 0; entry < token.Count; entry++)
        {
            if (!found[entry] && token.HasName(entry, check))
            {
                return true;
            }
        }

        return false;
    }

    private static TopicCheck[] ChecksOf(string topic, SseTopicState state) =>
        [TopicCheck.Of(topic, state.Latest.Epoch), .. state.Forks.Select(fork => TopicCheck.Of(topic, fork.Epoch))];
}

using SseKit.Connections;
using SseKit.Topics.EventIds;

namespace SseKit.Topics.Following;

/// <summary>The start of following: the states of the topics, and from them the client's positions.</summary>
internal sealed class FollowStart
{
    private readonly FollowRequest _following;
    private readonly SseTopicState[] _states;
    private readonly SsePosition?[] _resumed;
    private readonly SsePosition[] _positions;
    private readonly SseReadResult?[] _rests;
    private readonly EventTypeFilter? _filter;
    private readonly long _controlEntries;

    /// <param name="following">What the client follows.</param>
    /// <param name="states">The states of the topics.</param>
    /// <param name="controlEntries">How many entries at the beginning of the log are no events.</param>
    public FollowStart(FollowRequest following, SseTopicState[] states, long controlEntries)
    {
        _following = following;
        _states = states;
        _rests = new SseReadResult?[states.Length];
        _filter = following.EventTypes is { } accepts ? new EventTypeFilter(accepts) : null;
        _controlEntries = controlEntries;
        Start = following.Start.Behind(controlEntries);
        _resumed = ResumePosition.Positions(following.Topics, states, following.LastEventId);
        _positions = new SsePosition[states.Length];
        for (int i = 0; i < _positions.Length; i++)
        {
            _positions[i] = BehindControlEntries(i, _resumed[i] ?? ResumePosition.Of(Start, states[i]));
        }
    }

    /// <summary>Where a client without an id starts. An ordinal is that of an entry of the log.</summary>
    public SseReplayStart Start { get; }

    /// <summary>The index of the topic's last event, from 0; -1 if there is none.</summary>
    public long TailIndex => Math.Max(_states[0].Latest.Sequence - _controlEntries, 0) - 1;

    /// <summary>Whether the client has read everything, and no event will follow. A failure must have been reported to it, too.</summary>
    public bool NothingWillCome => !_following.AlwaysOpens && (AllTopics.All(IsOver) || AllTopics.Any(i => EndsStream(i) && IsOver(i)));

    private IEnumerable<int> AllTopics => Enumerable.Range(0, _states.Length);

    /// <summary>How a topic ended, as far as the client has read it.</summary>
    public SseTopicStatus CompletionRead(int topic) =>
        _positions[topic] == _states[topic].Latest ? _states[topic].Status : SseTopicStatus.Open;

    /// <summary>Whether the completion of a topic ends the stream.</summary>
    public bool EndsStream(int topic) => _following.EndsWith.Contains(_following.Topics[topic]);

    public SsePosition Latest(int topic) => _states[topic].Latest;

    /// <summary>
    /// The gaps with which the client begins, null for a topic without one. The store decides whether a client that starts or reconnects
    /// has missed events, even if the tail still holds them. No gap includes an event that is published after the stream was opened.
    /// </summary>
    public Gap?[] Gaps(SseGapPolicy policy) => [.. AllTopics.Select(i => BeginsWithGap(i) ? GapOf(i, policy) : (Gap?)null)];

    public PositionedWriter CreateWriter(StreamConnection connection) => new(
        new Cursor(_following.Topics, _positions), _filter, _following.Format, SkipTo(), _following.TracesOf(connection));

    /// <summary>
    /// Returns whether the client may have read everything of a complete topic but events that it does not get. If its format has no events
    /// of SseKit's own, no id reported that to it, and it would reconnect for nothing again and again.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="position">The client's position in the topic.</param>
    public bool MayHaveReadAll(int topic, out SsePosition position)
    {
        position = _positions[topic];
        return _filter is not null
            && _following.Format.HasIdsOnly()
            && _states[topic].Status != SseTopicStatus.Open
            && position != _states[topic].Latest
            && !BeginsWithGap(topic);
    }

    /// <summary>Adds the first page of what is left of a topic.</summary>
    public void AddRest(int topic, SseReadResult page) => _rests[topic] = page;

    /// <summary>Moves the client to the end of topics of which only events are left that it does not get.</summary>
    public void PassHiddenRests()
    {
        for (int i = 0; i < _rests.Length; i++)
        {
            if (_rests[i] is { } rest && rest.State == _states[i] && IsHidden(rest.Events, _states[i].Latest.Sequence))
            {
                _positions[i] = _states[i].Latest;
            }
        }
    }

    // The client's position is unknown, or what follows it is no longer all held.
    private bool BeginsWithGap(int topic) =>
        _positions[topic] == ResumePosition.Unknown || _positions[topic].Sequence + 1 < _states[topic].EarliestSequence;

    private Gap GapOf(int topic, SseGapPolicy policy)
    {
        SseTopicState state = _states[topic];
        SsePosition position = _positions[topic];
        bool isExpired = position != ResumePosition.Unknown;

        // An id that no event of the topic has had is handled like no id. If what the start names has expired, this gap reports it too.
        SsePosition next = isExpired
            ? Gap.AfterExpiry(state, policy)
            : state.Latest with { Sequence = Math.Max(state.EarliestSequence - 1, ResumePosition.Of(Start, state).Sequence) };
        string? name = _states.Length == 1 ? null : _following.Topics[topic];
        return new Gap(position, isExpired, state.EarliestSequence, next, name);
    }

    // The events up to the last one of the topic.
    private bool IsHidden(IReadOnlyList<SseStoredEvent> events, long last) =>
        events is [.., { Sequence: var read }]
        && read == last
        && events.All(each => EventPayload.IsControl(each.Payload.Span) || !_filter!.Accepts(EventPayload.EventType(each.Payload.Span)));

    // Nothing of the topic is left for the client.
    private bool IsOver(int topic) => CompletionRead(topic) switch
    {
        SseTopicStatus.Completed or SseTopicStatus.FailureReported => true,
        SseTopicStatus.Failed => _resumed[topic] is not null && ResumePosition.HasSeenFailure(_following.LastEventId),
        _ => false,
    };

    // The entries are no events, so a client that stands before them misses nothing if it starts behind them.
    private SsePosition BehindControlEntries(int topic, SsePosition position)
    {
        long first = Math.Min(_controlEntries, _states[topic].Latest.Sequence);
        return position.Epoch == _states[topic].Latest.Epoch && position.Sequence < first ? position with { Sequence = first } : position;
    }

    // The last event that the client does not need, if it is still to come.
    private long SkipTo()
    {
        bool usesStart = _resumed[0] is null || _resumed[0] == ResumePosition.Unknown;
        return usesStart && Start.AfterEvent is { } after && after > Math.Max(_controlEntries, _states[0].Latest.Sequence) ? after : 0;
    }
}

using SseKit.Topics.EventIds;

namespace SseKit.Topics.Following;

/// <summary>The start of following: the states of the topics, and from them the client's positions.</summary>
internal sealed class FollowStart
{
    private readonly FollowRequest _following;
    private readonly SseTopicState[] _states;
    private readonly SsePosition[] _positions;

    public FollowStart(FollowRequest following, SseTopicState[] states)
    {
        _following = following;
        _states = states;
        _positions = ResumePosition.Positions(following.Topics, states, following.LastEventId, following.Start);
    }

    /// <summary>Whether the client has read everything, and no event will follow. A failure must have been reported to it, too.</summary>
    public bool NothingWillCome => Enumerable.Range(0, _states.Length).All(i => CompletionRead(i) switch
    {
        SseTopicStatus.Completed or SseTopicStatus.FailureReported => true,
        SseTopicStatus.Failed => ResumePosition.HasSeenFailure(_following.LastEventId),
        _ => false,
    });

    /// <summary>How a topic ended, as far as the client has read it.</summary>
    public SseTopicStatus CompletionRead(int topic) =>
        _positions[topic] == _states[topic].Latest ? _states[topic].Status : SseTopicStatus.Open;

    public SsePosition Latest(int topic) => _states[topic].Latest;

    /// <summary>Whether the client's position is unknown, or what follows it is no longer all held.</summary>
    public bool BeginsWithGap(int topic) =>
        _positions[topic] == ResumePosition.Unknown || _positions[topic].Sequence + 1 < _states[topic].EarliestSequence;

    public PositionedWriter CreateWriter()
    {
        EventTypeFilter? filter = _following.EventTypes is { } accepts ? new EventTypeFilter(accepts) : null;
        return new PositionedWriter(new Cursor(_following.Topics, _positions), filter, _following.Format);
    }
}

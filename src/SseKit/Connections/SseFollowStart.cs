using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>Where a connection begins to follow: where its topics stand, and from there where the client stopped.</summary>
internal sealed class SseFollowStart
{
    private readonly SseFollowing _following;
    private readonly SseTopicState[] _states;
    private readonly SsePosition[] _positions;

    public SseFollowStart(SseFollowing following, SseTopicState[] states)
    {
        _following = following;
        _states = states;
        _positions = SseResume.Positions(following.Topics, states, following.LastEventId, following.Start);
    }

    /// <summary>Whether the client has read all that there is, and nothing will come. It may have left right before it was told of a failure.</summary>
    public bool NothingWillCome => Enumerable.Range(0, _states.Length).All(i => CompletionRead(i) switch
    {
        SseTopicStatus.Completed => true,
        SseTopicStatus.Failed => SseResume.KnowsOfFailure(_following.LastEventId),
        _ => false,
    });

    /// <summary>How a topic ended, as far as the client has read it.</summary>
    public SseTopicStatus CompletionRead(int topic) =>
        _positions[topic] == _states[topic].Latest ? _states[topic].Status : SseTopicStatus.Open;

    public SsePosition Latest(int topic) => _states[topic].Latest;

    /// <summary>Whether the client's position is unknown, or what follows it is no longer all held.</summary>
    public bool BeginsWithGap(int topic) =>
        _positions[topic] == SseResume.Nowhere || _positions[topic].Sequence + 1 < _states[topic].EarliestSequence;

    public SsePositionedWriter CreateWriter()
    {
        SseEventTypeFilter? filter = _following.EventTypes is { } wants ? new SseEventTypeFilter(wants) : null;
        return new SsePositionedWriter(new SseCursor(_following.Topics, _positions), filter, _following.IsPlain);
    }
}

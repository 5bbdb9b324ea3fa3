namespace SseKit.Topics.Following;

/// <summary>Receives how far a follower of one topic has come.</summary>
internal interface IFollowProgress
{
    /// <summary>Called after the flush that carried the position (I3), by one call at a time.</summary>
    void Advanced(SsePosition position);
}

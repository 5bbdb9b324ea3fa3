namespace SseKit;

/// <summary>Options of a stream that follows topics. An instance can serve any number of requests.</summary>
public sealed class SseFollowOptions
{
    /// <summary>Where a client without a last event id starts.</summary>
    /// <value>The default is null: <see cref="SseOptions.ReplayStart"/> of the endpoint.</value>
    public SseReplayStart? StartAt { get; init; }

    /// <summary>
    /// Selects the event types to send. Events of the other types move the client's position, too, and are never reported as a gap.
    /// </summary>
    /// <value>
    /// Called with the event type, <c>message</c> for the default, once or more for each type; it must always return the same. The default
    /// is null: all types.
    /// </value>
    public Func<string, bool>? EventTypeFilter { get; init; }

    /// <summary>
    /// Whether to send the topics' events and nothing of SseKit's own: no ids, no <c>ssekit.open</c>, only comments as heartbeats. It is
    /// meant for clients of protocols that fail on them, such as those of AI APIs.
    /// </summary>
    /// <remarks>
    /// Such a client cannot resume, so each starts where <see cref="StartAt"/> says. The stream is broken off if events expire before the
    /// client has read them, and if the host stops: such a client takes a clean end for the end of the answer.
    /// </remarks>
    /// <value>The default is false.</value>
    public bool PlainStream { get; init; }
}

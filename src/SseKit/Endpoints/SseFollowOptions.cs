namespace SseKit;

/// <summary>Configures a stream that follows topics.</summary>
/// <remarks>An instance can serve any number of requests.</remarks>
public sealed class SseFollowOptions
{
    /// <summary>Gets the start of a client without a last event id.</summary>
    /// <value>The default is null: <see cref="SseOptions.ReplayStart"/> of the endpoint.</value>
    public SseReplayStart? StartAt { get; init; }

    /// <summary>Selects the event types to send.</summary>
    /// <remarks>Events of the other types also move the client's position, and are never reported as a gap.</remarks>
    /// <value>
    /// Called with the event type, <c>message</c> for the default, once or more for each type; it must always return the same
    /// value. The default is null: all types.
    /// </value>
    public Func<string, bool>? EventTypeFilter { get; init; }

    /// <summary>Gets whether to send only the topics' events, without ids and events of SseKit's own.</summary>
    /// <remarks>
    /// There are no ids, no <c>ssekit.open</c>, and only comments as heartbeats. It is meant for clients of protocols that fail on them,
    /// such as those of AI APIs. Such a client cannot resume, so each starts at <see cref="StartAt"/>. The connection is aborted if events
    /// expire before the client has read them, and if the host stops: such a client reads a clean end as the end of the answer.
    /// </remarks>
    /// <value>The default is false.</value>
    public bool PlainStream { get; init; }
}

namespace SseKit;

/// <summary>Configures a stream that follows topics.</summary>
/// <remarks>An instance can serve any number of requests.</remarks>
public sealed class SseFollowOptions
{
    /// <summary>Gets the start of a client without a last event id.</summary>
    /// <value>
    /// The default is null: <see cref="SseOptions.ReplayStart"/> of the endpoint, or <see cref="SseReplayStart.Earliest"/> if the format is
    /// <see cref="SseFollowFormat.Ids"/> or <see cref="SseFollowFormat.IdsFirst"/>, which allow no start that moves with the topic.
    /// </value>
    public SseReplayStart? StartAt { get; init; }

    /// <summary>Selects the event types to send.</summary>
    /// <remarks>Events of the other types also move the client's position, and are never reported as a gap.</remarks>
    /// <value>
    /// Called with the event type, <c>message</c> for the default, once or more for each type; it must always return the same
    /// value. The default is null: all types.
    /// </value>
    public Func<string, bool>? EventTypeFilter { get; init; }

    /// <summary>Gets what SseKit adds to the topics' events.</summary>
    /// <value>The default is <see cref="SseFollowFormat.Full"/>.</value>
    public SseFollowFormat Format { get; init; }
}

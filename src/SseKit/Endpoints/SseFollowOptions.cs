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

    /// <summary>Gets the topics whose completion ends the stream, although others are open.</summary>
    /// <remarks>
    /// Without it, a stream ends when all its topics are complete. An open stream gets what its other topics hold at the completion. A
    /// client that returns afterwards gets 204, with or without an id and whatever it has missed, so that an EventSource stops.
    /// </remarks>
    /// <value>Topics that the stream follows. The default is empty.</value>
    /// <example>
    /// <code>
    /// // Ends with the session: await publisher.CompleteAsync($"session:{session}");
    /// SseResults.Follow([$"user:{user}", $"session:{session}"], new SseFollowOptions { EndsWith = [$"session:{session}"] });
    /// </code>
    /// </example>
    public IReadOnlyCollection<string> EndsWith { get; init; } = [];

    /// <summary>Gets whether the activity of the stream is linked to the publishes of its events, the first 128 of them.</summary>
    /// <remarks>Events that were published without <see cref="SseOptions.StoreTraces"/> have no trace context.</remarks>
    /// <value>The default is false. If true, the stream does not share composed bursts of events, which costs processor time.</value>
    public bool LinkTraces { get; init; }

    /// <summary>
    /// Gets whether an event <c>ssekit.trace</c> precedes each event that has a trace context, with data
    /// <c>{"traceparent":"00-…"}</c> and without an id. Both are written in one piece.
    /// </summary>
    /// <remarks>
    /// It needs <see cref="SseFollowFormat.Full"/>, and events that were published with <see cref="SseOptions.StoreTraces"/>.
    /// </remarks>
    /// <value>The default is false. If true, the stream does not share composed bursts of events, which costs processor time.</value>
    public bool SendTraces { get; init; }

    /// <summary>Gets a token that disconnects the stream, as <see cref="ISseConnections"/> does.</summary>
    /// <value>The default is <see cref="CancellationToken.None"/>.</value>
    public CancellationToken Until { get; init; }
}

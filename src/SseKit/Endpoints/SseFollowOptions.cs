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

    /// <summary>Gets a token that disconnects the stream, as <see cref="ISseConnections"/> does.</summary>
    /// <value>The default is <see cref="CancellationToken.None"/>.</value>
    public CancellationToken Until { get; init; }
}

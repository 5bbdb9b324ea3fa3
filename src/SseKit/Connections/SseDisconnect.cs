namespace SseKit;

/// <summary>Names the streams to disconnect, by all properties that are set, and how. At least one of them must be set.</summary>
public sealed class SseDisconnect
{
    /// <summary>Gets the stream's id.</summary>
    /// <value>The default is null: any.</value>
    public string? ConnectionId { get; init; }

    /// <summary>Gets the user, as <see cref="SseOptions.UserId"/> names it.</summary>
    /// <value>The default is null: any, also none.</value>
    public string? User { get; init; }

    /// <summary>Gets a topic that the stream follows.</summary>
    /// <value>The default is null: any, also none.</value>
    public string? Topic { get; init; }

    /// <summary>Gets the pattern of the endpoint's route.</summary>
    /// <value>The default is null: any.</value>
    public string? Route { get; init; }

    /// <summary>Gets the reason, for the log. Clients do not get it.</summary>
    /// <value>The default is null.</value>
    public string? Reason { get; init; }

    /// <summary>
    /// Gets the time after which a client that reconnects by itself does so. Each client gets a random 50 to 150 percent of it.
    /// </summary>
    /// <value>1 to 2147483647 whole milliseconds. The default is null: the time that the client got when the stream opened.</value>
    public TimeSpan? Retry { get; init; }

    internal bool Matches(SseConnectionInfo stream) =>
        (ConnectionId is null || ConnectionId == stream.Id)
        && (User is null || User == stream.User)
        && (Topic is null || stream.Topics.Contains(Topic))
        && (Route is null || Route == stream.Route);
}

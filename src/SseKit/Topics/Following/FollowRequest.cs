namespace SseKit.Topics.Following;

/// <summary>What a connection follows, and how.</summary>
/// <param name="Topics">The topics, sorted by name, each once.</param>
/// <param name="Start">Where it starts without an id.</param>
/// <param name="LastEventId">What the client has seen last, or null.</param>
/// <param name="EventTypes">Which event types it wants; null for all.</param>
internal sealed record FollowRequest(string[] Topics, SseReplayStart Start, string? LastEventId, Func<string, bool>? EventTypes)
{
    /// <summary>What is added to the events of the topics.</summary>
    public SseFollowFormat Format { get; init; }

    /// <summary>Whether the topic's events include their own final event, as the events that a handler writes do.</summary>
    public bool HasTerminator { get; init; }

    /// <summary>What one event id can carry.</summary>
    public const int MaxTopics = 16;
}

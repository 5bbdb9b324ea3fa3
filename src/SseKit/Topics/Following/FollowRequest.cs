using System.Diagnostics;
using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>The topics that a connection follows, and how.</summary>
/// <param name="Topics">The topics, sorted by name, each once.</param>
/// <param name="Start">The start for a client without an id.</param>
/// <param name="LastEventId">The last id that the client has received, or null.</param>
/// <param name="EventTypes">The filter of event types; null for all.</param>
internal sealed record FollowRequest(string[] Topics, SseReplayStart Start, string? LastEventId, Func<string, bool>? EventTypes)
{
    /// <summary>What is added to the events of the topics.</summary>
    public SseFollowFormat Format { get; init; }

    /// <summary>Whether the topic's events include their own final event, as the events that a handler writes do.</summary>
    public bool HasTerminator { get; init; }

    /// <summary>Whether the client gets a stream, even if there is nothing to read any more.</summary>
    public bool AlwaysOpens { get; init; }

    /// <summary>The topics whose completion ends the stream, although others are open.</summary>
    public IReadOnlyCollection<string> EndsWith { get; init; } = [];

    /// <summary>Receives the progress; null if no code needs it.</summary>
    public IFollowProgress? Progress { get; init; }

    /// <summary>How many entries at the beginning of the log are no events; null if the log has to show it.</summary>
    public long? ControlEntries { get; init; }

    /// <summary>Takes the index of the topic's last event before the stream opens; null if nothing needs it.</summary>
    public Action<long>? TailIndex { get; init; }

    /// <summary>Whether the stream's activity is linked to those of publishes.</summary>
    public bool LinksTraces { get; init; }

    /// <summary>Whether the client gets the trace contexts of publishes.</summary>
    public bool SendsTraces { get; init; }

    /// <summary>The most topics whose positions fit into an event id.</summary>
    public const int MaxTopics = 16;

    /// <summary>Creates the user of trace contexts; null if the stream needs none.</summary>
    public EventTraces? TracesOf(StreamConnection connection)
    {
        // Nothing needs the links of an activity that is not recorded.
        Activity? linked = LinksTraces && connection.Activity is { IsAllDataRequested: true } activity ? activity : null;
        return linked is not null || SendsTraces ? new EventTraces(linked, SendsTraces) : null;
    }
}

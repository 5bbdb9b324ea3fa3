namespace SseKit;

/// <summary>An open event stream at one moment.</summary>
public sealed class SseConnectionInfo
{
    /// <summary>Gets the id of the stream, which no other stream has, on no server.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the pattern of the endpoint's route; null if it has none.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the path of the request, without its query.</summary>
    public string? Path { get; init; }

    /// <summary>Gets the user, as <see cref="SseOptions.UserId"/> names it; null if the request is anonymous.</summary>
    public string? User { get; init; }

    /// <summary>Gets the IP address of the client, or of the proxy before it; null if the server has none.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>Gets the topics that the stream follows, sorted by name; empty for a stream that its handler writes.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>Gets the time at which the stream was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Gets the time of the last write, heartbeats included.</summary>
    public required DateTimeOffset LastWriteAt { get; init; }

    /// <summary>Gets the number of events that were written.</summary>
    public required long Events { get; init; }

    /// <summary>Gets the number of bytes that were written, heartbeats included.</summary>
    public required long Bytes { get; init; }

    /// <summary>Gets the time since when the client has not read what was written; null if it reads.</summary>
    public DateTimeOffset? UnreadSince { get; init; }
}

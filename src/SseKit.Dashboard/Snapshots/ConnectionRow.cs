namespace SseKit.Dashboard.Snapshots;

/// <summary>A stream in the table of connections. Times are seconds before the snapshot.</summary>
internal sealed record ConnectionRow
{
    // Paths, users and topics are names that clients choose, and 100 rows are sent each second. (I8)
    private const int MaxText = 120;
    private const int MaxTopics = 4;

    public required string Id { get; init; }

    public string? Route { get; init; }

    public string? Path { get; init; }

    public string? User { get; init; }

    public string? Address { get; init; }

    /// <summary>Gets the first topics.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    public required int TopicCount { get; init; }

    public required long Age { get; init; }

    public required long Idle { get; init; }

    /// <summary>Gets the time since when the client does not read; null if it reads.</summary>
    public long? Unread { get; init; }

    public required long Events { get; init; }

    public required long Bytes { get; init; }

    public static ConnectionRow Of(SseConnectionInfo stream, DateTimeOffset now) => new()
    {
        Id = stream.Id,
        Route = Shorten(stream.Route),
        Path = Shorten(stream.Path),
        User = Shorten(stream.User),
        Address = stream.RemoteAddress,
        Topics = [.. stream.Topics.Take(MaxTopics).Select(topic => Shorten(topic)!)],
        TopicCount = stream.Topics.Count,
        Age = Seconds(now - stream.OpenedAt),
        Idle = Seconds(now - stream.LastWriteAt),
        Unread = stream.UnreadSince is { } since ? Seconds(now - since) : null,
        Events = stream.Events,
        Bytes = stream.Bytes,
    };

    public static string? Shorten(string? text) => text is { Length: > MaxText } ? text[..MaxText] + "…" : text;

    public static long Seconds(TimeSpan time) => Math.Max(0, (long)time.TotalSeconds);
}

namespace SseKit.Dashboard.Snapshots;

/// <summary>What all viewers get each second. Its lists are bounded, so its size does not grow with the connections. (I8)</summary>
internal sealed record Overview
{
    public required string App { get; init; }

    /// <summary>Gets the seconds since the dashboard was mapped, from when on ends, gaps and rejections are counted.</summary>
    public required long Counted { get; init; }

    public required int Open { get; init; }

    /// <summary>Gets the number of streams whose clients do not read.</summary>
    public required int Slow { get; init; }

    /// <summary>Gets the number of streams of dashboards, which are not among the open ones.</summary>
    public required int Own { get; init; }

    /// <summary>Gets the number of gaps of all routes.</summary>
    public required long Gaps { get; init; }

    /// <summary>Gets the number of rejected streams and runs of all routes.</summary>
    public required long Rejected { get; init; }

    public double? EventRate { get; init; }

    public double? ByteRate { get; init; }

    public required TopRows<RouteRow> Routes { get; init; }

    public required TopRows<CountRow> Users { get; init; }

    public required TopRows<TopicRow> Topics { get; init; }

    /// <summary>Gets what is wrong with the store; null if it answers.</summary>
    public string? StoreFault { get; init; }

    public required TopRows<RunRow> Runs { get; init; }
}

/// <summary>The first rows of a list, and the number of all.</summary>
internal sealed record TopRows<T>(int Total, IReadOnlyList<T> Rows);

/// <param name="Route">The pattern; empty if there is none.</param>
/// <param name="Open">Streams that are open.</param>
/// <param name="Slow">Streams whose clients do not read.</param>
/// <param name="Ended">Ends by reason.</param>
/// <param name="Gaps">Gaps by reason.</param>
/// <param name="Rejected">Rejections by limit.</param>
internal sealed record RouteRow(
    string Route,
    int Open,
    int Slow,
    IReadOnlyList<CountRow> Ended,
    IReadOnlyList<CountRow> Gaps,
    IReadOnlyList<CountRow> Rejected);

internal sealed record CountRow(string Name, long Count);

/// <param name="Topic">The topic's name.</param>
/// <param name="Followers">Streams of this process that follow it.</param>
/// <param name="Held">Events that the store holds; null if it is not known.</param>
/// <param name="Published">The number of the last event; null if it is not known.</param>
/// <param name="Status">Open, or how the topic was completed; null if it is not known.</param>
internal sealed record TopicRow(string Topic, int Followers, long? Held, long? Published, string? Status);

/// <param name="Topic">The topic's name.</param>
/// <param name="Route">The pattern of the route; null if there is none.</param>
/// <param name="Age">Seconds since its handler was started.</param>
/// <param name="Followers">Clients of this process that follow it.</param>
/// <param name="IsStopping">Whether it was stopped.</param>
internal sealed record RunRow(string Topic, string? Route, long Age, int Followers, bool IsStopping);

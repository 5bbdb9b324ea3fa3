namespace SseKit;

/// <summary>Where a client that has no last event id starts in a topic.</summary>
public readonly record struct SseReplayStart
{
    private SseReplayStart(long last) => LastEvents = last;

    /// <summary>After the newest event: only what comes from now on. The default.</summary>
    public static SseReplayStart Latest => default;

    /// <summary>With the oldest event that is held.</summary>
    public static SseReplayStart Earliest => new(long.MaxValue);

    /// <summary>With the last events, as far as they are held.</summary>
    /// <param name="count">How many, from 0.</param>
    public static SseReplayStart Last(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new SseReplayStart(count);
    }

    /// <summary>How many of the last events are read.</summary>
    internal long LastEvents { get; }

    /// <summary>Whether the place moves with each new event. A client that returns without an id then loses events.</summary>
    internal bool MovesWithTopic => LastEvents != long.MaxValue;

    /// <inheritdoc/>
    public override string ToString() => LastEvents switch
    {
        0 => "latest",
        long.MaxValue => "earliest",
        _ => $"last {LastEvents}",
    };
}

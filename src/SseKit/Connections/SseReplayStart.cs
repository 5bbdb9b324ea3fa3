namespace SseKit;

/// <summary>Where a client that has no last event id starts in a topic.</summary>
public readonly record struct SseReplayStart
{
    private const long All = long.MaxValue;

    private SseReplayStart(long last, long? after = null)
    {
        LastEvents = last;
        AfterEvent = after;
    }

    /// <summary>After the newest event: only what comes from now on. The default.</summary>
    public static SseReplayStart Latest => default;

    /// <summary>With the oldest event that is held.</summary>
    public static SseReplayStart Earliest => new(All);

    /// <summary>With the last events, as far as they are held.</summary>
    /// <param name="count">How many, from 0.</param>
    public static SseReplayStart Last(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new SseReplayStart(count);
    }

    /// <summary>After an event that its ordinal names. For connections that follow one topic.</summary>
    /// <remarks>
    /// If the topic has fewer events, the client gets those with greater ordinals when they come. If it no longer holds the events that
    /// follow, that is a gap. <c>After(0)</c> is the beginning of the topic, where <see cref="Earliest"/> is that of the events that are
    /// held.
    /// </remarks>
    /// <param name="ordinal">The ordinal of the last event that the client does not need, from 0. The topic's first event is 1.</param>
    public static SseReplayStart After(long ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        return new SseReplayStart(0, ordinal);
    }

    /// <summary>How many of the last events are read, unless there is an <see cref="AfterEvent"/>.</summary>
    internal long LastEvents { get; }

    /// <summary>The event after which a client starts; null if it starts at a distance from the end.</summary>
    internal long? AfterEvent { get; }

    /// <summary>Whether the place moves with each new event. A client that returns without an id then loses events.</summary>
    internal bool MovesWithTopic => AfterEvent is null && LastEvents != All;

    /// <inheritdoc/>
    public override string ToString() => (AfterEvent, LastEvents) switch
    {
        ({ } ordinal, _) => $"after {ordinal}",
        (_, 0) => "latest",
        (_, All) => "earliest",
        _ => $"last {LastEvents}",
    };

    /// <summary>Returns the start as a place in a log that begins with entries that are no events.</summary>
    internal SseReplayStart Behind(long entries) =>
        AfterEvent is { } ordinal ? new SseReplayStart(0, Math.Min(ordinal, long.MaxValue - entries) + entries) : this;
}

namespace SseKit;

/// <summary>The state of a topic at one moment.</summary>
public readonly record struct SseTopicState
{
    /// <summary>The position of its last event; sequence 0 if there was none.</summary>
    public required SsePosition Latest { get; init; }

    /// <summary>The number of the earliest event that is held; one more than the latest's if none is held.</summary>
    public required long EarliestSequence { get; init; }

    /// <summary>Whether the topic is open or how it was completed.</summary>
    public SseTopicStatus Status { get; init; }

    /// <summary>The earlier epochs of the log, each with the last sequence that the log shares with it; empty if there is none.</summary>
    /// <remarks>
    /// A failover may lose events that the store had acknowledged. The log then continues with another epoch. A position of an earlier
    /// epoch is a position of this log up to the shared sequence, and unknown after it.
    /// </remarks>
    /// <value>The newest epochs only. The default is empty.</value>
    public IReadOnlyList<SsePosition> Forks { get => field ?? []; init; }

    /// <summary>The position before the first event of its log, held or not.</summary>
    internal SsePosition Beginning => Latest with { Sequence = 0 };

    /// <summary>Whether nothing was written to its log yet.</summary>
    internal bool IsUnused => Latest.Sequence == 0 && Status == SseTopicStatus.Open;

    /// <summary>Returns whether all values are equal, those of the forks included.</summary>
    public bool Equals(SseTopicState other) =>
        Latest == other.Latest
        && EarliestSequence == other.EarliestSequence
        && Status == other.Status
        && Forks.SequenceEqual(other.Forks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Latest, EarliestSequence, Status, Forks.Count);
}

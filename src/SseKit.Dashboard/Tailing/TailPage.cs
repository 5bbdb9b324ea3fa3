namespace SseKit.Dashboard.Tailing;

/// <summary>What a topic got since the last page.</summary>
internal sealed record TailPage
{
    public IReadOnlyList<TailEvent> Events { get; init; } = [];

    /// <summary>Gets the number of events that were passed over, because they are too many to show.</summary>
    public long Skipped { get; init; }

    /// <summary>Gets the reason for which events before these are missing; null if there is none.</summary>
    public string? Gap { get; init; }

    /// <summary>Gets whether the store is unavailable. The tail goes on when it answers.</summary>
    public bool IsStoreFailing { get; init; }

    /// <summary>Gets whether the topic is open, or how it was completed; null if it is not known.</summary>
    public string? Status { get; init; }
}

/// <param name="Id">The event's id.</param>
/// <param name="Type">The event type.</param>
/// <param name="Data">The first characters of its data.</param>
/// <param name="Length">The number of all characters.</param>
internal sealed record TailEvent(string? Id, string Type, string Data, int Length);

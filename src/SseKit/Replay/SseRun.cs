namespace SseKit;

/// <summary>A run of this process, at the moment at which it was listed.</summary>
public sealed class SseRun
{
    /// <summary>The topic that it writes.</summary>
    public required string Topic { get; init; }

    /// <summary>The pattern of its endpoint's route; null if there is none.</summary>
    public string? Route { get; init; }

    /// <summary>When its handler was started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The number of this process's clients that follow it.</summary>
    public int Followers { get; init; }

    /// <summary>Whether it was stopped, and its handler has not returned yet.</summary>
    public bool IsStopping { get; init; }
}

namespace SseKit.Benchmarks.FanOut;

/// <summary>The events of a round.</summary>
/// <param name="Events">The number of events after which the clients are awaited.</param>
/// <param name="Times">The number of repetitions.</param>
/// <param name="Pace">The time from one event to the next; zero for all at once.</param>
internal readonly record struct FanOutLoad(int Events, int Times, TimeSpan Pace)
{
    public bool IsPaced => Pace > TimeSpan.Zero;

    /// <summary>Writes the bytes without waiting, to warm up.</summary>
    public FanOutLoad AtOnce => this with { Events = Math.Min(Events, 100), Pace = TimeSpan.Zero };
}

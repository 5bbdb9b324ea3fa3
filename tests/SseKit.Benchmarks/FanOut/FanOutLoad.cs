namespace SseKit.Benchmarks.FanOut;

/// <summary>What is published in a round.</summary>
/// <param name="Events">How many events, before the clients are waited for.</param>
/// <param name="Times">How many times.</param>
/// <param name="Pace">From one event to the next; zero for all at once.</param>
internal readonly record struct FanOutLoad(int Events, int Times, TimeSpan Pace)
{
    public bool IsPaced => Pace > TimeSpan.Zero;

    /// <summary>Writes the bytes without waiting, to warm up.</summary>
    public FanOutLoad AtOnce => this with { Events = Math.Min(Events, 100), Pace = TimeSpan.Zero };
}

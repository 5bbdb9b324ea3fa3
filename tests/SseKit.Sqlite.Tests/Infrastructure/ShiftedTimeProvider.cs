namespace SseKit.Sqlite.Tests.Infrastructure;

/// <summary>A clock that runs, and can be set forward. Timers are those of the system.</summary>
public sealed class ShiftedTimeProvider : TimeProvider
{
    private TimeSpan _shift;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _shift;

    public void Advance(TimeSpan by) => _shift += by;
}

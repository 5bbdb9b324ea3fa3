namespace ChatStreaming.Tests.Infrastructure;

/// <summary>A clock whose timers are due at once, for tests that care about what is said and not when.</summary>
internal sealed class HurriedTimeProvider : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
}

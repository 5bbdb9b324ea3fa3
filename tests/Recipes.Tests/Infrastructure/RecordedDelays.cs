namespace Recipes.Tests.Infrastructure;

/// <summary>A clock whose delays of half a second and more are recorded, and are over at once.</summary>
internal sealed class RecordedDelays : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _delays = [];

    /// <summary>The delays, without those of an hour and more, which are limits.</summary>
    public IReadOnlyList<TimeSpan> Delays
    {
        get
        {
            lock (_gate)
            {
                return [.. _delays];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.FromSeconds(0.5) || dueTime >= TimeSpan.FromHours(1))
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        lock (_gate)
        {
            _delays.Add(dueTime);
        }

        return base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
    }
}

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A clock that stands still until <see cref="Advance"/>. Timers fire inside Advance, on the caller's thread and in the order in which they
/// are due, each at its own time.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    // As of the system's timers.
    private static readonly TimeSpan LongestTime = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _armed = [];
    private readonly List<(TimeSpan DueTime, TaskCompletionSource Armed)> _waiters = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _armings;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock and fires the timers that become due, including those that callbacks arm.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset target = GetUtcNow() + by;
        while (TryTakeDue(target, out ManualTimer? timer))
        {
            timer.Fire();
        }

        lock (_gate)
        {
            _now = target > _now ? target : _now;
        }
    }

    /// <summary>
    /// Completes when a timer is armed that will fire after exactly this time. A test waits for it before it advances: code that has not
    /// armed its timer yet would miss the step.
    /// </summary>
    public Task TimerArmedAsync(TimeSpan dueTime)
    {
        lock (_gate)
        {
            if (_armed.Any(timer => timer.Due - _now == dueTime))
            {
                return Task.CompletedTask;
            }

            var armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((dueTime, armed));
            return armed.Task.OrTimeout();
        }
    }

    private bool TryTakeDue(DateTimeOffset target, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ManualTimer? due)
    {
        lock (_gate)
        {
            due = _armed.Where(timer => timer.Due <= target).MinBy(timer => (timer.Due, timer.Arming));
            if (due is null)
            {
                return false;
            }

            _now = due.Due > _now ? due.Due : _now;
            _armed.Remove(due);
            if (due.Period > TimeSpan.Zero)
            {
                ArmLocked(due, due.Period);
            }

            return true;
        }
    }

    private bool Change(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfRefused(dueTime);
        ThrowIfRefused(period);
        lock (_gate)
        {
            if (timer.IsDisposed)
            {
                return false;
            }

            _armed.Remove(timer);
            timer.Period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                ArmLocked(timer, dueTime);
            }
        }

        if (dueTime == TimeSpan.Zero)
        {
            // As a real timer does: at once, but never inside the call that armed it.
            ThreadPool.QueueUserWorkItem(_ => Advance(TimeSpan.Zero));
        }

        return true;
    }

    private static void ThrowIfRefused(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, Timeout.InfiniteTimeSpan);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, LongestTime);
    }

    private void ArmLocked(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _now + dueTime;
        timer.Arming = ++_armings;
        _armed.Add(timer);
        foreach ((TimeSpan _, TaskCompletionSource armed) in _waiters.Where(waiter => waiter.DueTime == dueTime))
        {
            armed.TrySetResult();
        }

        _waiters.RemoveAll(waiter => waiter.DueTime == dueTime);
    }

    private void Disarm(ManualTimer timer)
    {
        lock (_gate)
        {
            timer.IsDisposed = true;
            _armed.Remove(timer);
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; set; }

        /// <summary>Of two timers that are due together, the one armed first fires first.</summary>
        public long Arming { get; set; }

        public bool IsDisposed { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Change(this, dueTime, period);

        public void Dispose() => clock.Disarm(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

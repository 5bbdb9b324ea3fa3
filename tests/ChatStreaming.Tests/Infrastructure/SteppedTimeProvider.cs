namespace ChatStreaming.Tests.Infrastructure;

/// <summary>The clock of a demo model that writes as many pieces of its answer as the test allows, at its pace.</summary>
internal sealed class SteppedTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Queue<ITimer> _held = [];
    private long _allowed;

    /// <summary>Allows further pieces.</summary>
    public void Allow(int pieces)
    {
        lock (_gate)
        {
            _allowed += pieces;
            while (_allowed > 0 && _held.TryDequeue(out ITimer? timer))
            {
                _allowed--;
                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Lets the answer end.</summary>
    public void AllowAll() => Allow(int.MaxValue);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (_allowed > 0)
            {
                _allowed--;
                return base.CreateTimer(callback, state, dueTime, period);
            }

            ITimer held = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
            _held.Enqueue(held);
            return held;
        }
    }
}

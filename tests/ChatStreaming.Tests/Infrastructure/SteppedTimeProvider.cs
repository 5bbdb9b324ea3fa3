namespace ChatStreaming.Tests.Infrastructure;

/// <summary>The clock of a demo model that writes as many pieces of its answer as the test allows, at its pace.</summary>
internal sealed class SteppedTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Queue<ITimer> _held = [];
    private int _allowed;
    private bool _hasEnded;

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

    /// <summary>Lets the answer end at once.</summary>
    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            Allow(_held.Count);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return base.CreateTimer(callback, state, TimeSpan.Zero, period);
            }

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

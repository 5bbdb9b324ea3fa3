namespace SseKit.Writing;

/// <summary>
/// Flushes a batch while its source works without yielding. The writer cannot flush then, because it runs inside the source. So an event
/// is delayed by a few milliseconds only, however long the next one takes. Used by the one writer of a batch.
/// </summary>
internal sealed class LateFlush(StreamOutput output) : IAsyncDisposable
{
    // More than a fast source needs to fill a batch, and less than users notice.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(5);

    private ITimer? _timer;
    private int _armed;

    /// <summary>Starts the timer after an event that was not flushed. The cost is negligible while the timer runs.</summary>
    public void Arm()
    {
        if (Volatile.Read(ref _armed) == 0)
        {
            Start();
        }
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Start()
    {
        Volatile.Write(ref _armed, 1);
        (_timer ??= CreateTimer()).Change(Delay, Timeout.InfiniteTimeSpan);
    }

    private void Flush()
    {
        // Disarmed before the flush: an event that this flush misses finds the timer disarmed and starts it again.
        Interlocked.Exchange(ref _armed, 0);
        if (!output.TryFlush())
        {
            Start();
        }
    }

    // The system clock, not the app's TimeProvider: the bound applies to a source that does not yield.
    private ITimer CreateTimer()
    {
        using (ExecutionContext.SuppressFlow())
        {
            return TimeProvider.System.CreateTimer(
                static state => ((LateFlush)state!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}

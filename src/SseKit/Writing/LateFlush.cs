namespace SseKit.Writing;

/// <summary>
/// Flushes a batch whose source works on without yielding: the writer cannot, for it is inside the source. So an event of such a
/// source is held back for a few milliseconds, however long the next one takes. Used by the one writer of a batch.
/// </summary>
internal sealed class LateFlush(StreamOutput output) : IAsyncDisposable
{
    // More than a fast source needs to fill a batch, and less than anybody would notice.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(5);

    private ITimer? _timer;
    private int _armed;

    /// <summary>Called after each event that waits for others. Costs nothing as long as the timer runs.</summary>
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
        // At rest before it looks: an event that it does not see finds the timer at rest and starts it again.
        Interlocked.Exchange(ref _armed, 0);
        if (!output.TryFlush())
        {
            Start();
        }
    }

    // On the wall clock: what is bounded is a source that does not yield, not the time of the app.
    private ITimer CreateTimer()
    {
        using (ExecutionContext.SuppressFlow())
        {
            return TimeProvider.System.CreateTimer(
                static state => ((LateFlush)state!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}

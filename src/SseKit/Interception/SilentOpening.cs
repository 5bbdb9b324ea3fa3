using SseKit.Connections;

namespace SseKit.Interception;

/// <summary>Opens a response that has the headers of a stream and writes nothing for one heartbeat interval.</summary>
/// <remarks>A slow MCP tool causes this. Without the opening, a proxy would time out before the first byte.</remarks>
internal sealed class SilentOpening : IScheduled
{
    // The app's OnStarting callbacks run during the opening and may use the request's ambient state.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private readonly InterceptedResponse _response;
    private readonly DeadlineScheduler _schedule;
    private readonly ScheduledEntry _entry;

    public SilentOpening(InterceptedResponse response, StreamRuntime runtime, TimeSpan interval)
    {
        _response = response;
        _schedule = runtime.Schedule;
        _entry = _schedule.Add(this, runtime.Time.GetTimestamp() + (long)(interval.TotalSeconds * runtime.Time.TimestampFrequency));
    }

    /// <summary>Guards the response's decision, which its handler and the scheduler may take at the same time.</summary>
    public Lock DecisionLock { get; } = new();

    public void Cancel() => _schedule.Remove(_entry);

    long IScheduled.OnDue(long now)
    {
        // The scheduler serves all streams, and must not wait for the callbacks of one.
        ThreadPool.UnsafeQueueUserWorkItem(static opening => opening.Open(), this, preferLocal: false);
        return DeadlineScheduler.Never;
    }

    private void Open()
    {
        if (_context is null)
        {
            _response.OpenIdle();
        }
        else
        {
            ExecutionContext.Run(_context, static response => ((InterceptedResponse)response!).OpenIdle(), _response);
        }
    }
}

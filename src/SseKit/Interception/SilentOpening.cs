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
    private ScheduledEntry? _entry;

    public SilentOpening(InterceptedResponse response, DeadlineScheduler schedule)
    {
        _response = response;
        _schedule = schedule;
    }

    /// <summary>Schedules the opening.</summary>
    public void Start(TimeProvider time, TimeSpan interval) =>
        _entry = _schedule.Add(this, time.GetTimestamp() + (long)(interval.TotalSeconds * time.TimestampFrequency));

    public void Cancel()
    {
        if (_entry is not null)
        {
            _schedule.Remove(_entry);
        }
    }

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

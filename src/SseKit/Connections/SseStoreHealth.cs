using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// Whether the store answers the app's streams. However many streams wait for it, an outage is logged when it begins, and when it ends with the number of calls that failed.
/// Thread-safe.
/// </summary>
internal sealed partial class SseStoreHealth : IDisposable
{
    // The last calls of an outage may fail after the first that succeeds, and a store that fails every other call is not back.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private bool _isOut;
    private bool _isQuiet;
    private long _began;
    private long _failures;

    public SseStoreHealth(TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;

        // The timer lives as long as the app, so it takes nothing of its creator's flow with it.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(static health => ((SseStoreHealth)health!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Failed(Exception exception)
    {
        lock (_gate)
        {
            _failures++;
            _isQuiet = false;
            if (_isOut)
            {
                return;
            }

            _began = _time.GetTimestamp();
            Volatile.Write(ref _isOut, true);
        }

        Log.Failed(_logger, exception);
    }

    public void Answered()
    {
        if (!Volatile.Read(ref _isOut))
        {
            return;
        }

        lock (_gate)
        {
            if (_isOut && !_isQuiet)
            {
                _isQuiet = true;
                _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void End()
    {
        TimeSpan duration;
        long failures;
        lock (_gate)
        {
            if (!_isQuiet)
            {
                return;
            }

            _isQuiet = false;
            duration = _time.GetElapsedTime(_began);
            failures = _failures;
            _failures = 0;
            Volatile.Write(ref _isOut, false);
        }

        Log.Ended(_logger, duration.TotalSeconds, failures);
    }

    private static partial class Log
    {
        [LoggerMessage(
            SseEventIds.StoreFailed, LogLevel.Warning, "The event store failed; streams wait and try again. The next message about it follows when the store answers again.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(
            SseEventIds.StoreAnswersAgain, LogLevel.Information, "The event store answers again, after {Seconds} s in which {Failures} calls of streams failed.")]
        public static partial void Ended(ILogger logger, double seconds, long failures);
    }
}

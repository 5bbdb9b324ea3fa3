using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>
/// Tracks whether the store answers the app's streams. An outage is logged when it begins, and when it ends with the number of calls that
/// failed. Thread-safe.
/// </summary>
internal sealed partial class StoreHealth(TimeProvider time, ILogger logger)
{
    // The last calls of an outage may fail after the first that succeeds, and a store that fails every other call is still unavailable.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private bool _isOut;
    private bool _isQuiet;
    private long _began;
    private long _failures;

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

            _began = time.GetTimestamp();
            Volatile.Write(ref _isOut, true);
        }

        Log.Failed(logger, exception);
    }

    public void Answered()
    {
        if (!Volatile.Read(ref _isOut))
        {
            return;
        }

        long failures;
        lock (_gate)
        {
            if (!_isOut || _isQuiet)
            {
                return;
            }

            _isQuiet = true;
            failures = _failures;
        }

        BackgroundWork.Start(() => EndUnlessFailedAsync(failures));
    }

    private async Task EndUnlessFailedAsync(long failures)
    {
        await Task.Delay(Quiet, time);
        TimeSpan duration;
        lock (_gate)
        {
            if (_failures != failures)
            {
                return;
            }

            duration = time.GetElapsedTime(_began);
            _failures = 0;
            _isQuiet = false;
            Volatile.Write(ref _isOut, false);
        }

        Log.Ended(logger, duration.TotalSeconds, failures);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.StoreFailed,
            LogLevel.Warning,
            "Failed to read the event store; streams retry until it answers. The next message follows when it answers again.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(
            LogEventIds.StoreAnswersAgain,
            LogLevel.Information,
            "The event store answers again, after {Seconds} s in which {Failures} calls of streams failed.")]
        public static partial void Ended(ILogger logger, double seconds, long failures);
    }
}

/// <summary>Waits longer each time, with jitter, so that not all followers read a store at once when it is available again.</summary>
internal sealed class StoreBackoff(TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private TimeSpan _next = TimeSpan.FromMilliseconds(100);

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(RetryFrame.Jitter(_next), time, cancellationToken);
        _next = _next * 2 < Longest ? _next * 2 : Longest;
    }
}

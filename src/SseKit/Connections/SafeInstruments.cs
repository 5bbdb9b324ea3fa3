using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// Records measurements. A listener is code of the app: its exception must not end a stream, keep its place under the limits or fail a
/// publish. Thread-safe.
/// </summary>
internal sealed partial class SafeInstruments(ILogger logger)
{
    private int _failureIsLogged;

    public void Add(Counter<long> counter, long count, in TagList tags = default)
    {
        try
        {
            counter.Add(count, tags);
        }
        catch (Exception exception)
        {
            LogOnce(exception);
        }
    }

    public void Add(UpDownCounter<long> counter, long count, in TagList tags)
    {
        try
        {
            counter.Add(count, tags);
        }
        catch (Exception exception)
        {
            LogOnce(exception);
        }
    }

    public void Record(Histogram<double> histogram, TimeSpan duration, in TagList tags = default)
    {
        try
        {
            histogram.Record(duration.TotalSeconds, tags);
        }
        catch (Exception exception)
        {
            LogOnce(exception);
        }
    }

    // The listener would fail at every event.
    private void LogOnce(Exception exception)
    {
        if (Interlocked.Exchange(ref _failureIsLogged, 1) == 0)
        {
            Log.ListenerFailed(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ListenerFailed,
            LogLevel.Error,
            "Failed to call a listener of the meter SseKit; its further failures are not logged.")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);
    }
}

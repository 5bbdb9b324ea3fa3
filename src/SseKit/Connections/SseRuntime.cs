using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>What all connections of an app share. One per app; thread-safe.</summary>
internal sealed partial class SseRuntime : IDisposable
{
    /// <summary>How long a handler may take to notice that the host stops before its stream ends without it.</summary>
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _graceOver = new();
    private readonly CancellationTokenRegistration _stopping;

    public SseRuntime(SseOptions options, TimeProvider time, ILoggerFactory loggers, IMeterFactory? meters, CancellationToken stopping)
    {
        Options = options;
        Time = time;
        Logger = new SseSafeLogger(loggers.CreateLogger("SseKit"));
        Metrics = new SseMetrics(meters, Logger);
        Registry = new SseConnectionRegistry(options.MaxConnections);
        Schedule = new SseSchedule(time, Logger);
        StoreHealth = new SseStoreHealth(time, Logger);
        DefaultSettings = new SseConnectionSettings(options, limit: null);
        Stopping = stopping;
        _stopping = stopping.UnsafeRegister(static runtime => ((SseRuntime)runtime!).Stop(), this);
    }

    public SseOptions Options { get; }

    public SseConnectionSettings DefaultSettings { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public SseMetrics Metrics { get; }

    public SseConnectionRegistry Registry { get; }

    public SseSchedule Schedule { get; }

    public SseStoreHealth StoreHealth { get; }

    /// <summary>Fires when the host stops.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Fires when a host that stops waits no longer for handlers that ignore their token.</summary>
    public CancellationToken GraceOver => _graceOver.Token;

    public void Dispose()
    {
        _stopping.Dispose();
        Schedule.Dispose();
        _graceOver.Dispose();
    }

    private void Stop()
    {
        int ended = Registry.Stop();
        Log.Stopping(Logger, ended);

        // The grace is counted on the wall: a host does not wait for a clock that a test has stopped.
        _graceOver.CancelAfter(ShutdownGrace);
    }

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.Stopping, LogLevel.Information, "The host stops; {Count} event streams end.")]
        public static partial void Stopping(ILogger logger, int count);
    }
}

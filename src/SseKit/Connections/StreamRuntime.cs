using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SseKit.Connections;

/// <summary>Holds what the connections of an app share. One per app; thread-safe.</summary>
internal sealed partial class StreamRuntime : IDisposable
{
    /// <summary>The most evaluations that run at once.</summary>
    public const int MaxRevalidations = 16;

    /// <summary>The time after which the stream of a handler that ignores the end of its stream at a stop ends without it.</summary>
    public static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(1);

    // What is broken off at the end of the drain time, and handlers that then ignore their token, must be done before the host's timeout.
    private static readonly TimeSpan DrainMargin = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);

    // Of this process, so that a stream's id is unique among those of all servers.
    private readonly string _instance = Guid.NewGuid().ToString("N")[..12];
    private readonly CancellationTokenSource _graceOver = new();
    private readonly CancellationTokenSource _drainOver = new();
    private readonly CancellationTokenRegistration _stopping;
    private long _stoppedAt;
    private long _streams;

    public StreamRuntime(
        SseOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        IMeterFactory? meters,
        CancellationToken stopping,
        TimeSpan? shutdownTimeout = null)
    {
        // A request may outlive the host, and the token of a disposed source cannot be read.
        GraceOver = _graceOver.Token;
        DrainOver = _drainOver.Token;
        DefaultDrainTimeout = DrainTimeoutOf(shutdownTimeout ?? TimeSpan.FromSeconds(30));
        Options = options;
        Time = time;
        Logger = new SafeLogger(loggers.CreateLogger("SseKit"));
        Metrics = new StreamMetrics(meters, Logger);
        Registry = new ConnectionRegistry(options.MaxConnections, connection => _ = DrainAsync(connection));
        Schedule = new DeadlineScheduler(time, Logger);
        DefaultSettings = new ConnectionSettings(options, limit: null);
        Stopping = stopping;
        _stopping = stopping.UnsafeRegister(static runtime => ((StreamRuntime)runtime!).Stop(), this);
    }

    public SseOptions Options { get; }

    public ConnectionSettings DefaultSettings { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public StreamMetrics Metrics { get; }

    public ConnectionRegistry Registry { get; }

    public DeadlineScheduler Schedule { get; }

    /// <summary>Fires when the host stops.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Fires when a stopping host no longer waits for handlers that ignore their token.</summary>
    public CancellationToken GraceOver { get; }

    /// <summary>Fires when work for streams that drain ends: at the end of the app's drain time, or with the host.</summary>
    public CancellationToken DrainOver { get; }

    /// <summary>The time since the host began to stop.</summary>
    public TimeSpan SinceStop => TimeProvider.System.GetElapsedTime(_stoppedAt);

    /// <summary>The time for which streams may drain if no option sets it.</summary>
    public TimeSpan DefaultDrainTimeout { get; }

    /// <summary>Admits the evaluations of open streams' authorization, which would otherwise all call a database at once (I8).</summary>
    public SemaphoreSlim Revalidating { get; } = new(MaxRevalidations);

    /// <summary>Returns the number of another stream.</summary>
    public long NextNumber() => Interlocked.Increment(ref _streams);

    /// <summary>Returns the id of the stream with this number.</summary>
    public string IdOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{_instance}-{number}");

    public void Dispose()
    {
        _stopping.Dispose();
        Schedule.Dispose();
        _graceOver.Dispose();
        _drainOver.Cancel();
        _drainOver.Dispose();
    }

    private void Stop()
    {
        // Real time: a host does not wait for the clock of a test.
        _stoppedAt = TimeProvider.System.GetTimestamp();
        _graceOver.CancelAfter(ShutdownGrace);
        _drainOver.CancelAfter((Options.DrainTimeout ?? DefaultDrainTimeout) + ShutdownGrace);
        int ended = Registry.Stop();
        Log.Stopping(Logger, ended);
    }

    private static TimeSpan DrainTimeoutOf(TimeSpan hostTimeout) => hostTimeout == Timeout.InfiniteTimeSpan
        ? LongestDrain
        : hostTimeout - TimeSpan.FromTicks(Math.Min(hostTimeout.Ticks / 2, DrainMargin.Ticks));

    private async Task DrainAsync(StreamConnection connection)
    {
        TimeSpan left = connection.DrainTimeout - SinceStop;
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, TimeProvider.System, connection.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Registry.EndDrained(connection);
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.Stopping, LogLevel.Information, "The host stops; {Count} event streams end.")]
        public static partial void Stopping(ILogger logger, int count);
    }
}

/// <summary>Finds the runtime of an app. An app that never called AddSse gets one with the default options.</summary>
internal static class StreamRuntimes
{
    private static readonly ConditionalWeakTable<object, StreamRuntime> WithoutAddSse = [];

    public static StreamRuntime For(IServiceProvider services)
    {
        if (services.GetService<StreamRuntime>() is { } registered)
        {
            return registered;
        }

        // A request's services are not the app's, but the lifetime is the same object in both.
        object app = (object?)services.GetService<IHostApplicationLifetime>() ?? services;
        return WithoutAddSse.GetValue(app, _ => CreateUnowned(services));
    }

    public static StreamRuntime Create(IServiceProvider services)
    {
        SseOptions options = services.GetService<IOptions<SseOptions>>()?.Value ?? new SseOptions();
        OptionsFaults.ThrowIfAny(options);
        return new StreamRuntime(
            options.Clone(),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            services.GetService<IMeterFactory>(),
            services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None,
            services.GetService<IOptions<HostOptions>>()?.Value.ShutdownTimeout);
    }

    // No container disposes this one, so the end of the host does.
    private static StreamRuntime CreateUnowned(IServiceProvider services)
    {
        StreamRuntime runtime = Create(services);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.UnsafeRegister(
            static runtime => ((StreamRuntime)runtime!).Dispose(), runtime);
        return runtime;
    }
}

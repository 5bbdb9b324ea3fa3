using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>
/// The life of one stream, from the first byte to the reason of its end. The handler, the client, the host and the deadlines all end it
/// through <see cref="End"/>; the first reason stays.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The token source has no timer and no parent; handlers may read its token after the end.")]
internal sealed partial class StreamConnection : IOutputOwner, IScheduled
{
    private const long NotPending = long.MinValue;

    private readonly StreamRuntime _runtime;
    private readonly ConnectionSettings _settings;
    private readonly IStreamTransport _transport;
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenRegistration _clientAborted;
    private IHeartbeat? _heartbeat;
    private IWakeable? _wakeAtEnd;
    private StreamConnection? _replacement;
    private ScheduledEntry? _scheduled;
    private Activity? _activity;
    private IDisposable? _atClose;
    private int _reason;
    private long _started;
    private long _lastWrite;
    private long _flushPendingSince = NotPending;
    private long _lifetimeEnd = DeadlineScheduler.Never;
    private EndReason _lifetimeEndReason;
    private long _events;
    private RejectionReason? _admission;
    private bool _open;
    private bool _closed;

    /// <param name="runtime">The state that the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="transport">The response.</param>
    /// <param name="limitKey">The key for which the endpoint's limit counts the request, or null.</param>
    /// <param name="clientAborted">Fires when the client disconnects.</param>
    /// <param name="ended">A token source that is in use already, or null for a new one.</param>
    public StreamConnection(
        StreamRuntime runtime,
        ConnectionSettings settings,
        IStreamTransport transport,
        string? limitKey,
        CancellationToken clientAborted,
        CancellationTokenSource? ended = null)
    {
        _runtime = runtime;
        _settings = settings;
        _transport = transport;
        Route = transport.Route;
        Drains = transport.Drains;
        _ended = ended ?? new CancellationTokenSource();
        LimitKey = settings.Limit is { } limit && limitKey is not null ? (limit, limitKey) : null;
        Output = new StreamOutput(this, settings.Options.MaxEventSize);
        _clientAborted = clientAborted.UnsafeRegister(static state => ((StreamConnection)state!).End(EndReason.ClientLeft), this);
    }

    public StreamOutput Output { get; }

    /// <summary>Fires when the stream ends before it is complete, for any reason. All code on the stream observes it.</summary>
    public CancellationToken Ended => _ended.Token;

    public EndReason Reason => (EndReason)Volatile.Read(ref _reason);

    /// <summary>Whether the stream's last event reports its failure.</summary>
    public bool FailureIsReported { get; private set; }

    /// <summary>Whether the stream was admitted and its headers were sent.</summary>
    public bool IsOpen => Volatile.Read(ref _open);

    /// <summary>Whether the stream holds a place under the limits. Guarded by the registry's lock.</summary>
    public bool HoldsPlace { get; set; }

    /// <summary>The route's pattern, for logs and metrics. Stored, because a deadline may pass after the end of the request.</summary>
    public string? Route { get; }

    /// <summary>Whether the stream continues for its <see cref="DrainTimeout"/> when the host stops.</summary>
    public bool Drains { get; }

    public TimeSpan DrainTimeout => Options.DrainTimeout ?? _runtime.DefaultDrainTimeout;

    /// <summary>
    /// How long a stopping host still waits for a handler of this stream that ignores its token, after the first second of the stop.
    /// </summary>
    public TimeSpan GraceLeft
    {
        get
        {
            TimeSpan left = DrainTimeout + StreamRuntime.ShutdownGrace - _runtime.SinceStop;
            return Drains && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The trace of the open stream; null if no listener takes it.</summary>
    public Activity? Activity => _activity;

    public StreamRuntime Runtime => _runtime;

    public ConnectionSettings Settings => _settings;

    public SseOptions Options => _settings.Options;

    public (KeyLimit Limit, string Key)? LimitKey { get; }

    /// <summary>
    /// Takes the stream's place under the limits, at its opening or before, so that a rejected stream reads no store (I10).
    /// <see cref="Close"/> frees the place. The first result stays.
    /// </summary>
    public async ValueTask<RejectionReason> AdmitAsync()
    {
        RejectionReason admission = _admission ??= await TakePlaceAsync();
        return Reason == EndReason.Shutdown ? RejectionReason.Stopping : admission;
    }

    /// <summary>
    /// Ends the stream: nothing more is written, and the token fires unless the stream is complete. Thread-safe; never waits.
    /// </summary>
    public void End(EndReason reason)
    {
        var first = (EndReason)Interlocked.CompareExchange(ref _reason, (int)reason, (int)EndReason.None);
        if (first == EndReason.None)
        {
            Output.End();
        }
        else if (first != EndReason.Completed)
        {
            return;
        }

        // Before the token fires: the code that it stops must not return before its stream has the reason.
        if (reason.IsExternal())
        {
            _replacement?.End(reason);
        }

        // A complete stream cancels nothing. But its handler may continue after the response, while the client disconnects or the host
        // stops.
        if (reason != EndReason.Completed)
        {
            _ = CancelAsync();
        }

        _wakeAtEnd?.Wake();
    }

    /// <summary>
    /// Lets another connection write the response, so that this one remains unused. An end from outside is the end of both.
    /// </summary>
    public void ReplaceBy(StreamConnection replacement)
    {
        _replacement = replacement;

        // Either End sees the replacement, or this method sees the end.
        Interlocked.MemoryBarrier();
        if (Reason is var reason && reason.IsExternal())
        {
            replacement.End(reason);
        }
    }

    /// <summary>
    /// Ends a wait when the stream ends, or at once if it has ended. A registration with the token would need more memory.
    /// </summary>
    public void WakeAtEnd(IWakeable waiting)
    {
        _wakeAtEnd = waiting;

        // Either End sees the signal, or this method sees the end.
        Interlocked.MemoryBarrier();
        if (Reason != EndReason.None)
        {
            waiting.Wake();
        }
    }

    /// <summary>Answers a client that reconnected to a complete topic and has read all of it.</summary>
    public void AnswerComplete() => _transport.AnswerComplete();

    /// <summary>
    /// The response is over: nothing of the connection touches it any more, and its place under the limits is given back (I9).
    /// </summary>
    /// <param name="failure">What the handler threw, if that is why the stream ended.</param>
    public void Close(Exception? failure)
    {
        lock (_ended)
        {
            _closed = true;
        }

        if (_scheduled is not null)
        {
            _runtime.Schedule.Remove(_scheduled);
        }

        _atClose?.Dispose();
        _runtime.Registry.Release(this);
        if (!IsOpen)
        {
            return;
        }

        TimeSpan duration = _runtime.Time.GetElapsedTime(_started);
        _runtime.Metrics.Ended(Route, Reason, duration);
        Log.Ended(_runtime.Logger, Route, Reason, duration.TotalMilliseconds, _events);
        if (_activity is not null)
        {
            StreamActivity.Stop(_activity, Reason, _events, failure);
        }
    }

    /// <summary>The request is over. Until then its token fires, also when its stream has ended before.</summary>
    public void Leave()
    {
        _clientAborted.Dispose();
        _runtime.Registry.Leave(this);
    }

    /// <summary>Stops work that belongs to the open stream when the stream is closed.</summary>
    public void DisposeAtClose(IDisposable work) => _atClose = work;

    /// <summary>Lets heartbeats write something else than a comment.</summary>
    public void SetHeartbeat(IHeartbeat heartbeat) => _heartbeat = heartbeat;

    // From now on the stream can be disconnected.
    private ValueTask<RejectionReason> TakePlaceAsync()
    {
        _client = _transport.Client;
        _number = _runtime.NextNumber();
        _started = _runtime.Time.GetTimestamp();
        return _runtime.Registry.AdmitAsync(this);
    }

    // Callbacks run on another thread: they must not delay a timer or the end of other streams. They are code of the app, and may throw.
    private async Task CancelAsync()
    {
        try
        {
            await _ended.CancelAsync();
        }
        catch (Exception exception)
        {
            Log.CallbackFailed(_runtime.Logger, exception, Route);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.ConnectionStarted, LogLevel.Debug, "A stream of {Route} begins.")]
        public static partial void Started(ILogger logger, string? route);

        [LoggerMessage(
            LogEventIds.ConnectionEnded,
            LogLevel.Debug,
            "A stream of {Route} ended: {Reason} after {Milliseconds} ms and {Events} events.")]
        public static partial void Ended(ILogger logger, string? route, EndReason reason, double milliseconds, long events);

        [LoggerMessage(LogEventIds.ConnectionRefused, LogLevel.Warning, "Rejected a stream of {Route} until later: {Refusal}.")]
        public static partial void Refused(ILogger logger, string? route, RejectionReason refusal);

        [LoggerMessage(LogEventIds.CallbackFailed, LogLevel.Error, "A callback of the cancellation token of a stream of {Route} failed.")]
        public static partial void CallbackFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(
            LogEventIds.FailureEventFailed,
            LogLevel.Error,
            "Failed to create the failure event of {Route}; the connection is aborted without it.")]
        public static partial void FailureEventFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(LogEventIds.WriteFailed, LogLevel.Error, "Failed to write to the response of {Route}; its connection is aborted.")]
        public static partial void WriteFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(
            LogEventIds.WriteTimedOut, LogLevel.Warning, "A client of {Route} did not read for {Timeout}; its connection is aborted.")]
        public static partial void WriteTimedOut(ILogger logger, string? route, TimeSpan timeout);
    }
}

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// The life of one stream, from the first byte to the reason of its end. Whatever ends it (the handler, the client, the host,
/// a deadline) does so through <see cref="End"/>, once; the first reason stays.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no parent, so it holds nothing; handlers may look at its token after the end.")]
internal sealed partial class SseConnection : ISseOutputOwner, ISseScheduled
{
    private const long NotPending = long.MinValue;

    private readonly SseRuntime _runtime;
    private readonly SseConnectionSettings _settings;
    private readonly ISseTransport _transport;
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenRegistration _clientAborted;
    private SsePositionedWriter? _positioned;
    private SseNewsSignal? _wakeAtEnd;
    private SseScheduleEntry? _scheduled;
    private Activity? _activity;
    private int _reason;
    private long _started;
    private long _lastWrite;
    private long _flushPendingSince = NotPending;
    private long _lifetimeEnd = SseSchedule.Never;
    private long _events;
    private SseRefusal? _admission;
    private bool _open;
    private bool _closed;

    /// <param name="runtime">What the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="transport">The response.</param>
    /// <param name="limitKey">What the endpoint's limit counts by, or null.</param>
    /// <param name="clientAborted">Fires when the client leaves.</param>
    /// <param name="foreign">For bytes that come from elsewhere.</param>
    /// <param name="ended">A token source that is in use already, or null for a new one.</param>
    public SseConnection(
        SseRuntime runtime,
        SseConnectionSettings settings,
        ISseTransport transport,
        string? limitKey,
        CancellationToken clientAborted,
        SseFrameScanner? foreign = null,
        CancellationTokenSource? ended = null)
    {
        _runtime = runtime;
        _settings = settings;
        _transport = transport;
        Route = transport.Route;
        _ended = ended ?? new CancellationTokenSource();
        LimitKey = settings.Limit is { } limit && limitKey is not null ? (limit, limitKey) : null;
        Output = new SseOutput(this, settings.Options.MaxEventSize, foreign);
        _clientAborted = clientAborted.UnsafeRegister(static state => ((SseConnection)state!).End(SseEndReason.ClientLeft), this);
    }

    public SseOutput Output { get; }

    /// <summary>Fires when the stream ends before it is complete, for whatever reason. The one token that everything on it listens to.</summary>
    public CancellationToken Ended => _ended.Token;

    public SseEndReason Reason => (SseEndReason)Volatile.Read(ref _reason);

    /// <summary>Whether the stream was let in and its headers have been sent.</summary>
    public bool IsOpen => Volatile.Read(ref _open);

    /// <summary>Whether the stream holds a place under the limits. The registry's gate guards it.</summary>
    public bool HoldsPlace { get; set; }

    /// <summary>The route's pattern, for logs and metrics. Kept, because a deadline may pass when the request is over already and its context is another's.</summary>
    public string? Route { get; }

    public SseRuntime Runtime => _runtime;

    public SseConnectionSettings Settings => _settings;

    public SseOptions Options => _settings.Options;

    public (SseConnectionLimit Limit, string Key)? LimitKey { get; }

    async ValueTask<PipeWriter?> ISseOutputOwner.OpenAsync()
    {
        if (_transport.IsDetached)
        {
            return await _transport.StartAsync();
        }

        if (Reason is not (SseEndReason.None or SseEndReason.Shutdown))
        {
            return null;
        }

        if (Admit() is var refusal and not SseRefusal.None)
        {
            await RefuseAsync(refusal);
            return null;
        }

        PipeWriter? pipe = await StartAdmittedAsync();
        if (pipe is null)
        {
            // Headers alone were asked for. Whoever would write need not go on.
            End(SseEndReason.Completed);
            _ = CancelAsync();
            return null;
        }

        _activity = SseStreamActivity.Start(Route);
        _lifetimeEnd = LifetimeEnd();
        _scheduled = _runtime.Schedule.Add(this, NextDue());
        return pipe;
    }

    /// <summary>
    /// Takes the stream's place under the limits, at its opening or before: a stream that is refused asks nothing (I10). <see cref="Close"/> gives the place back.
    /// The first answer stays.
    /// </summary>
    public SseRefusal Admit()
    {
        SseRefusal admission = _admission ??= _runtime.Registry.TryAdmit(this);
        return Reason == SseEndReason.Shutdown ? SseRefusal.Stopping : admission;
    }

    /// <summary>Ends the stream: nothing more is written, and the token fires unless the stream is complete. Thread-safe; never waits.</summary>
    public void End(SseEndReason reason)
    {
        var first = (SseEndReason)Interlocked.CompareExchange(ref _reason, (int)reason, (int)SseEndReason.None);
        if (first == SseEndReason.None)
        {
            Output.End();
        }
        else if (first != SseEndReason.Completed)
        {
            return;
        }

        // A complete stream cancels nothing. But its handler may go on after the response, and then the client can still leave and the host still stop.
        if (reason != SseEndReason.Completed)
        {
            _ = CancelAsync();
        }

        _wakeAtEnd?.Wake();
    }

    /// <summary>Wakes whoever waits for news when the stream is ended, at once where it has been. (A registration with the token would cost every idle follower more.)</summary>
    public void WakeAtEnd(SseNewsSignal news)
    {
        _wakeAtEnd = news;

        // Either End sees the signal, or this method sees the end.
        Interlocked.MemoryBarrier();
        if (Reason != SseEndReason.None)
        {
            news.Wake();
        }
    }

    /// <summary>Tells a client that came back that it has had everything and that nothing will come.</summary>
    public void AnswerComplete() => _transport.AnswerComplete();

    /// <summary>
    /// Answers a request whose handler was cut before its stream began. Without it the response would be empty, and an EventSource
    /// gives up for good on that.
    /// </summary>
    public async ValueTask AnswerUnopenedAsync()
    {
        if (!IsOpen)
        {
            await Output.TryOpenAsync();
        }
    }

    /// <summary>Writes the last frames when the handler has returned or is given up. Every stream ends here.</summary>
    /// <param name="failure">What the handler threw, if that is why the stream ends.</param>
    /// <returns>Whether the response may end cleanly. Otherwise it must be broken, so that it does not look complete.</returns>
    public async ValueTask<bool> WriteLastFramesAsync(Exception? failure)
    {
        if (Reason == SseEndReason.None)
        {
            // A handler may have given up on a client that does not read. Completing the response would then wait for it without a deadline.
            await Output.DrainAsync(Ended);
            await Output.TryTerminateAsync(_settings.Terminator, Ended);
            End(SseEndReason.Completed);
        }

        switch (Reason)
        {
            case SseEndReason.Completed or SseEndReason.Refused:
                return true;

            case SseEndReason.Shutdown when _transport.ClientReconnects:
                return await Output.TryWriteLastAsync(SseRetryFrame.Encode(SseRetryFrame.Jitter(_settings.Options.ShutdownRetry)));

            case SseEndReason.Lifetime or SseEndReason.Cancelled when _transport.ClientReconnects:
                return await Output.TryWriteLastAsync(ReadOnlyMemory<byte>.Empty);

            case SseEndReason.ClientLeft:
                return await IsReadAsync() && _transport.ClientReconnects;

            case SseEndReason.Failed when failure is not null:
                return await TrySayFailureAsync(failure) && _settings.Options.FailureEventEndsStream;

            default:
                return false;
        }
    }

    /// <summary>The reader took too long for what was left when the stream was complete.</summary>
    public void ReportWriteTimeout()
    {
        Volatile.Write(ref _reason, (int)SseEndReason.WriteTimeout);
        _runtime.Metrics.WriteTimedOut(Route);
        Log.WriteTimedOut(_runtime.Logger, Route, _settings.Options.WriteTimeout);
    }

    /// <summary>The response threw when the complete stream ended.</summary>
    /// <param name="exception">What it threw.</param>
    public void ReportWriteFailure(Exception exception)
    {
        Volatile.Write(ref _reason, (int)SseEndReason.Failed);
        Log.WriteFailed(_runtime.Logger, exception, Route);
    }

    /// <summary>The response is over: nothing of the connection touches it any more, and its place under the limits is given back (I9).</summary>
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
            SseStreamActivity.Stop(_activity, Reason, _events, failure);
        }
    }

    /// <summary>The request is over. Until then its token fires, also when its stream has ended before.</summary>
    public void Leave()
    {
        _clientAborted.Dispose();
        _runtime.Registry.Leave(this);
    }

    /// <summary>Lets heartbeats tell the client its position, where events that it does not want have passed since it was told.</summary>
    public void SetHeartbeat(SsePositionedWriter positioned) => _positioned = positioned;

    long ISseScheduled.OnDue(long now)
    {
        if (Reason != SseEndReason.None)
        {
            return SseSchedule.Never;
        }

        if (IsStalled(now))
        {
            TimeOut();
            return SseSchedule.Never;
        }

        if (now >= _lifetimeEnd)
        {
            End(SseEndReason.Lifetime);
            return SseSchedule.Never;
        }

        if (IsSilent(now) && !TryBeat())
        {
            // Somebody is writing, or bytes from elsewhere have left a frame open. Both will show as activity.
            return Math.Min(Later(now, _settings.Options.HeartbeatInterval), _lifetimeEnd);
        }

        return NextDue();
    }

    void ISseOutputOwner.OnWritten(int events, long bytes)
    {
        _events += events;
        Volatile.Write(ref _lastWrite, _runtime.Time.GetTimestamp());
        if (IsOpen)
        {
            _runtime.Metrics.Written(events, bytes);
        }
    }

    void ISseOutputOwner.OnFlushPending()
    {
        Volatile.Write(ref _flushPendingSince, _runtime.Time.GetTimestamp());
        Reschedule();
    }

    void ISseOutputOwner.OnFlushCompleted()
    {
        Volatile.Write(ref _flushPendingSince, NotPending);
        Reschedule();
    }

    void ISseOutputOwner.OnFailed(Exception exception)
    {
        if (exception is IOException or OperationCanceledException)
        {
            End(SseEndReason.ClientLeft);
            return;
        }

        // A response that throws because its stream is over has nothing to report.
        bool isOver = Reason != SseEndReason.None;
        End(SseEndReason.Failed);
        if (!isOver)
        {
            Log.WriteFailed(_runtime.Logger, exception, Route);
        }
    }

    // A stream is open when its response has started: until then a failure is answered by a status, as anywhere.
    private async ValueTask<PipeWriter?> StartAdmittedAsync()
    {
        _started = _runtime.Time.GetTimestamp();
        _lastWrite = _started;
        bool isOfOtherCode = _transport.HasStarted;
        try
        {
            return await _transport.StartAsync();
        }
        catch
        {
            End(SseEndReason.Failed);
            throw;
        }
        finally
        {
            if (_transport.HasStarted && !isOfOtherCode)
            {
                Volatile.Write(ref _open, true);
                _runtime.Metrics.Started(Route);
                Log.Started(_runtime.Logger, Route);
            }
            else
            {
                _runtime.Registry.Release(this);
            }
        }
    }

    // Callbacks run elsewhere: they must not hold up a timer or the end of other streams. They are other people's code, and may throw.
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

    private async ValueTask RefuseAsync(SseRefusal refusal)
    {
        _runtime.Metrics.Refused(Route, refusal);
        Log.Refused(_runtime.Logger, Route, refusal);
        TimeSpan retry = refusal == SseRefusal.Stopping ? _settings.Options.ShutdownRetry : _settings.Options.OverloadRetry;
        await _transport.RefuseAsync(SseRetryFrame.Jitter(retry));
        End(SseEndReason.Refused);
    }

    // A middleware in front may have replaced the request's token, by one that fires with a session, say. Then the client has not left, as the pipe shows.
    private async ValueTask<bool> IsReadAsync()
    {
        bool isRead = IsOpen && await Output.TryWriteLastAsync(ReadOnlyMemory<byte>.Empty);
        if (isRead)
        {
            Volatile.Write(ref _reason, (int)SseEndReason.Cancelled);
        }

        return isRead;
    }

    private async ValueTask<bool> TrySayFailureAsync(Exception failure)
    {
        try
        {
            return _settings.FailureOf(failure) is { IsEmpty: false } frame && await Output.TryWriteLastAsync(frame);
        }
        catch (Exception exception)
        {
            Log.FailureEventFailed(_runtime.Logger, exception, Route);
            return false;
        }
    }

    private bool IsStalled(long now) =>
        Volatile.Read(ref _flushPendingSince) is var since and not NotPending && now >= Later(since, _settings.Options.WriteTimeout);

    private bool IsSilent(long now) =>
        Volatile.Read(ref _flushPendingSince) == NotPending && now >= Later(Volatile.Read(ref _lastWrite), _settings.Options.HeartbeatInterval);

    private bool TryBeat()
    {
        bool written = _positioned is { PositionIsUnsaid: true } positioned
            ? Output.TryWrite(new SseOpenNotice(positioned))
            : Output.TryWrite(new SseReadyFrame(_settings.Heartbeat));
        if (written)
        {
            _runtime.Metrics.HeartbeatSent();
        }

        return written;
    }

    private void TimeOut()
    {
        End(SseEndReason.WriteTimeout);
        if (Reason == SseEndReason.WriteTimeout)
        {
            _runtime.Metrics.WriteTimedOut(Route);
            Log.WriteTimedOut(_runtime.Logger, Route, _settings.Options.WriteTimeout);
            AbortUnlessClosed();
        }
    }

    // A response that is over belongs to the server again, which may have given it to another request. (The token source serves as the lock: nobody else
    // locks it, and a lock of its own would cost every idle connection.)
    private void AbortUnlessClosed()
    {
        lock (_ended)
        {
            if (!_closed)
            {
                _transport.Abort();
            }
        }
    }

    private void Reschedule()
    {
        if (_scheduled is not null && Reason == SseEndReason.None)
        {
            _runtime.Schedule.Advance(_scheduled, NextDue());
        }
    }

    // A stalled client hears no heartbeats: they would only queue behind what it does not read.
    private long NextDue()
    {
        long since = Volatile.Read(ref _flushPendingSince);
        long next = since != NotPending
            ? Later(since, _settings.Options.WriteTimeout)
            : Later(Volatile.Read(ref _lastWrite), _settings.Options.HeartbeatInterval);
        return Math.Min(next, _lifetimeEnd);
    }

    private long LifetimeEnd()
    {
        TimeSpan lifetime = _settings.Options.MaxConnectionLifetime;
        return lifetime == Timeout.InfiniteTimeSpan
            ? SseSchedule.Never
            : Later(_started, lifetime * (0.9 + (0.1 * Random.Shared.NextDouble())));
    }

    private long Later(long timestamp, TimeSpan span) => span == Timeout.InfiniteTimeSpan
        ? SseSchedule.Never
        : timestamp + (long)(span.TotalSeconds * _runtime.Time.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.ConnectionStarted, LogLevel.Debug, "A stream of {Route} begins.")]
        public static partial void Started(ILogger logger, string? route);

        [LoggerMessage(SseEventIds.ConnectionEnded, LogLevel.Debug, "A stream of {Route} ended: {Reason} after {Milliseconds} ms and {Events} events.")]
        public static partial void Ended(ILogger logger, string? route, SseEndReason reason, double milliseconds, long events);

        [LoggerMessage(SseEventIds.ConnectionRefused, LogLevel.Warning, "A stream of {Route} was told to come back later: {Refusal}.")]
        public static partial void Refused(ILogger logger, string? route, SseRefusal refusal);

        [LoggerMessage(SseEventIds.CallbackFailed, LogLevel.Error, "A callback of the cancellation token of a stream of {Route} failed.")]
        public static partial void CallbackFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.FailureEventFailed, LogLevel.Error, "The event that tells clients of {Route} of a failure could not be made.")]
        public static partial void FailureEventFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.WriteFailed, LogLevel.Error, "Failed to write to the response of {Route}; its connection is aborted.")]
        public static partial void WriteFailed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.WriteTimedOut, LogLevel.Warning, "A client of {Route} did not read for {Timeout}; its connection is aborted.")]
        public static partial void WriteTimedOut(ILogger logger, string? route, TimeSpan timeout);
    }
}

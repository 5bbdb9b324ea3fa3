using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>Heartbeats, write deadline and lifetime of a stream.</summary>
internal sealed partial class StreamConnection
{
    // Token handlers accept a token for some minutes after its expiry, for clocks that differ. Without this time, a client with such a
    // token would be accepted and ended in a loop.
    private static readonly TimeSpan AcceptedAfterExpiry = TimeSpan.FromMinutes(1);

    long IScheduled.OnDue(long now)
    {
        if (Reason != EndReason.None)
        {
            return DeadlineScheduler.Never;
        }

        if (IsStalled(now))
        {
            TimeOut();
            return DeadlineScheduler.Never;
        }

        if (now >= _lifetimeEnd)
        {
            End(_lifetimeEndReason);
            return DeadlineScheduler.Never;
        }

        if (IsSilent(now) && !TryBeat())
        {
            // Another write is in progress, or bytes of other code have left a frame open. Both count as activity later.
            return Math.Min(Later(now, _settings.Options.HeartbeatInterval), _lifetimeEnd);
        }

        return NextDue();
    }

    void IOutputOwner.OnWritten(int events, long bytes)
    {
        _events += events;
        _bytes += bytes;
        Volatile.Write(ref _lastWrite, _runtime.Time.GetTimestamp());
        if (IsOpen)
        {
            _runtime.Metrics.Written(events, bytes);
        }
    }

    void IOutputOwner.OnFlushPending()
    {
        Volatile.Write(ref _flushPendingSince, _runtime.Time.GetTimestamp());
        Reschedule();
    }

    void IOutputOwner.OnFlushCompleted()
    {
        Volatile.Write(ref _flushPendingSince, NotPending);
        Reschedule();
    }

    void IOutputOwner.OnFailed(Exception exception)
    {
        if (IsOfClient(exception))
        {
            End(EndReason.ClientLeft);
            return;
        }

        // A response that throws because its stream is over has nothing to report.
        bool isOver = Reason != EndReason.None;
        End(EndReason.Failed);
        if (!isOver)
        {
            Log.WriteFailed(_runtime.Logger, exception, Route);
        }
    }

    private bool IsStalled(long now) =>
        Volatile.Read(ref _flushPendingSince) is var since and not NotPending && now >= Later(since, _settings.Options.WriteTimeout);

    private bool IsSilent(long now) =>
        Volatile.Read(ref _flushPendingSince) == NotPending
            && now >= Later(Volatile.Read(ref _lastWrite), _settings.Options.HeartbeatInterval);

    private bool TryBeat()
    {
        bool written = _heartbeat?.TryWrite(Output) ?? Output.TryWrite(new EncodedFrame(_settings.Heartbeat));
        if (written)
        {
            _runtime.Metrics.HeartbeatSent();
        }

        return written;
    }

    private void TimeOut()
    {
        End(EndReason.WriteTimeout);
        if (Reason == EndReason.WriteTimeout)
        {
            _runtime.Metrics.WriteTimedOut(Route);
            Log.WriteTimedOut(_runtime.Logger, Route, _settings.Options.WriteTimeout);
            AbortUnlessClosed();
        }
    }

    // The server may have given a response that is over to another request. The token source is the lock, because no other code locks it
    // and a lock of its own would need memory in every idle connection.
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
        if (_scheduled is not null && Reason == EndReason.None)
        {
            _runtime.Schedule.Advance(_scheduled, NextDue());
        }
    }

    // A stalled client gets no heartbeats: they would only queue behind unread bytes.
    private long NextDue()
    {
        long since = Volatile.Read(ref _flushPendingSince);
        long next = since != NotPending
            ? Later(since, _settings.Options.WriteTimeout)
            : Later(Volatile.Read(ref _lastWrite), _settings.Options.HeartbeatInterval);
        return Math.Min(next, _lifetimeEnd);
    }

    // The end of the lifetime or of the sign-in, whichever is earlier.
    private void SetLifetimeEnd()
    {
        TimeSpan lifetime = _settings.Options.MaxConnectionLifetime;
        long end = lifetime == Timeout.InfiniteTimeSpan
            ? DeadlineScheduler.Never
            : Later(_started, lifetime * (0.9 + (0.1 * Random.Shared.NextDouble())));
        long signInEnd = SignInEnd();
        (_lifetimeEnd, _lifetimeEndReason) = signInEnd < end ? (signInEnd, EndReason.Unauthorized) : (end, EndReason.Lifetime);
    }

    private long SignInEnd()
    {
        if (_transport.SignInExpiry is not { } expiry)
        {
            return DeadlineScheduler.Never;
        }

        TimeSpan left = expiry - _runtime.Time.GetUtcNow();
        return Later(_runtime.Time.GetTimestamp(), left > TimeSpan.Zero ? left : AcceptedAfterExpiry);
    }

    // A timestamp has no room for the end of a sign-in that lasts for centuries.
    private long Later(long timestamp, TimeSpan span)
    {
        double ticks = span.TotalSeconds * _runtime.Time.TimestampFrequency;
        return span == Timeout.InfiniteTimeSpan || ticks >= DeadlineScheduler.Never - timestamp
            ? DeadlineScheduler.Never
            : timestamp + (long)ticks;
    }
}

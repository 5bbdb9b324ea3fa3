using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>How a stream ends: the last frame, and what is recorded.</summary>
internal sealed partial class StreamConnection
{
    /// <summary>Writes the last frame when the handler has returned or was abandoned. Every stream ends here.</summary>
    /// <param name="failure">What the handler threw, if the stream ends for that.</param>
    /// <returns>How the response ends.</returns>
    public async ValueTask<EndRule> WriteLastFrameAsync(Exception? failure)
    {
        if (Reason == EndReason.None)
        {
            // The handler may no longer wait for a client that does not read. The completion would then wait without a deadline.
            await Output.DrainAsync(Ended);
            await Output.TryTerminateAsync(_settings.Terminator, Ended);
            End(EndReason.Completed);
        }

        if (Reason == EndReason.ClientLeft && await IsReadAsync())
        {
            // A middleware has replaced the request's token, for example by one that fires with a session. The client is still there.
            Volatile.Write(ref _reason, (int)EndReason.Cancelled);
        }

        EndRule rule = EndRule.Of(Reason, _transport.Reconnecting, _settings.Options);
        bool isWritten = rule.LastFrame switch
        {
            LastFrame.None => true,
            LastFrame.Flush => await Output.TryWriteLastAsync(ReadOnlyMemory<byte>.Empty),
            LastFrame.Retry => await Output.TryWriteLastAsync(LastRetry()),
            _ => await TryReportFailureAsync(failure),
        };
        return rule with { IsClean = rule.IsClean && isWritten };
    }

    /// <summary>Ends the stream as failed, for a reason that is no exception.</summary>
    /// <param name="isReported">Whether the client has received the endpoint's failure event.</param>
    public void Fail(bool isReported)
    {
        FailureIsReported = isReported;
        End(EndReason.Failed);
    }

    /// <summary>Returns the endpoint's failure event; empty if there is none. The function that creates it is code of the app.</summary>
    public ReadOnlyMemory<byte> FailureFrame(Exception failure)
    {
        try
        {
            return _settings.FailureOf(failure);
        }
        catch (Exception exception)
        {
            Log.FailureEventFailed(_runtime.Logger, exception, Route);
            return ReadOnlyMemory<byte>.Empty;
        }
    }

    /// <summary>Records that the client did not read the rest of a complete stream in time.</summary>
    public void ReportWriteTimeout()
    {
        Volatile.Write(ref _reason, (int)EndReason.WriteTimeout);
        _runtime.Metrics.WriteTimedOut(Route);
        Log.WriteTimedOut(_runtime.Logger, Route, _settings.Options.WriteTimeout);
    }

    /// <summary>Records that the response threw at its end.</summary>
    /// <param name="exception">The exception of the response.</param>
    public void ReportWriteFailure(Exception exception)
    {
        EndReason reason = IsOfClient(exception) ? EndReason.ClientLeft : EndReason.Failed;
        Volatile.Write(ref _reason, (int)reason);
        if (reason == EndReason.Failed)
        {
            Log.WriteFailed(_runtime.Logger, exception, Route);
        }
    }

    // Empty if the client keeps the time that it has.
    private ReadOnlyMemory<byte> LastRetry() =>
        (Reason == EndReason.Disconnected ? _retryAtEnd : _settings.Options.ShutdownRetry) is { } retry
            ? RetryFrame.Encode(RetryFrame.Jitter(retry))
            : ReadOnlyMemory<byte>.Empty;

    // A write fails with these if the client has disconnected, which is normal (I7).
    private static bool IsOfClient(Exception exception) => exception is IOException or OperationCanceledException;

    private async ValueTask<bool> TryReportFailureAsync(Exception? failure)
    {
        ReadOnlyMemory<byte> frame = failure is null ? ReadOnlyMemory<byte>.Empty : FailureFrame(failure);

        // Also without a frame: what was written before must reach the server. A client that is behind cannot ask for it again.
        using var deadline = new ReaderDeadline(this);
        bool isWritten = await Output.TryWriteLastAsync(frame, deadline.Token);
        FailureIsReported |= isWritten && !frame.IsEmpty;
        return FailureIsReported;
    }

    private async ValueTask<bool> IsReadAsync() => IsOpen && await Output.TryWriteLastAsync(ReadOnlyMemory<byte>.Empty);
}

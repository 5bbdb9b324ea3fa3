using System.IO.Pipelines;
using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>How a stream opens: admission, headers, preamble.</summary>
internal sealed partial class StreamConnection
{
    async ValueTask<PipeWriter?> IOutputOwner.OpenAsync()
    {
        if (_transport.IsDetached)
        {
            return await _transport.StartAsync();
        }

        // First, because the stream may end while it waits for a place.
        RejectionReason refusal = Reason is EndReason.None or EndReason.Shutdown ? await AdmitAsync() : RejectionReason.None;
        if (Reason is EndReason.Disconnected or EndReason.Cancelled)
        {
            // Before it was open. An EventSource does not reconnect after an empty response, and others take it for a complete answer.
            await RejectAsync(_retryAtEnd ?? _settings.Options.OverloadRetry);
            return null;
        }

        if (Reason is not (EndReason.None or EndReason.Shutdown))
        {
            return null;
        }

        if (refusal != RejectionReason.None)
        {
            await RefuseAsync(refusal);
            return null;
        }

        PipeWriter? pipe = await StartAdmittedAsync();
        if (pipe is null)
        {
            // The request was HEAD. The handler need not write.
            End(EndReason.Completed);
            _ = CancelAsync();
            return null;
        }

        _activity = StreamActivity.Start(Route);
        SetLifetimeEnd();
        _scheduled = _runtime.Schedule.Add(this, NextDue());
        return pipe;
    }

    /// <summary>
    /// Answers a request whose handler was cut before its stream began. The response would otherwise be empty, and an EventSource does not
    /// reconnect after that.
    /// </summary>
    public async ValueTask AnswerUnopenedAsync()
    {
        if (!IsOpen)
        {
            await Output.TryOpenAsync();
        }
    }

    /// <summary>Rejects a client whose stream is not open, for a reason that the caller reports.</summary>
    public ValueTask RejectAsync() => RejectAsync(_settings.Options.OverloadRetry);

    // A stream is open when its response has started. Until then a failure is answered by a status.
    private async ValueTask<PipeWriter?> StartAdmittedAsync()
    {
        _started = _runtime.Time.GetTimestamp();
        _lastWrite = _started;
        bool isOfOtherCode = _transport.HasStarted;
        try
        {
            return await _transport.StartAsync();
        }
        catch (Exception exception)
        {
            End(_transport.HasStarted && IsOfClient(exception) ? EndReason.ClientLeft : EndReason.Failed);
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

    private async ValueTask RefuseAsync(RejectionReason refusal)
    {
        _runtime.Metrics.Refused(Route, refusal);
        Log.Refused(_runtime.Logger, Route, refusal);
        await RejectAsync(refusal == RejectionReason.Stopping ? _settings.Options.ShutdownRetry : _settings.Options.OverloadRetry);
    }

    private async ValueTask RejectAsync(TimeSpan retry)
    {
        try
        {
            await _transport.RefuseAsync(RetryFrame.Jitter(retry));
            End(EndReason.Refused);
        }
        catch (Exception exception) when (IsOfClient(exception))
        {
            End(EndReason.ClientLeft);
            _transport.Abort();
        }
    }
}

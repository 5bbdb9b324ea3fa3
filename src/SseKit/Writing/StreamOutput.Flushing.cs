using System.IO.Pipelines;

namespace SseKit.Writing;

/// <summary>Flushes written frames in pieces, each when the pipe has room for it.</summary>
internal sealed partial class StreamOutput
{
    // The caller holds the write lock; this method releases it.
    /// <returns>Null if the flush is over. A task that is returned does not fail.</returns>
    private Task? FlushEntered(bool always = false)
    {
        bool readerIsGone = false;
        try
        {
            ReportWritten();
            while ((always || _frames is not null) && !readerIsGone)
            {
                always = false;
                ValueTask<FlushResult> flushing = FlushPiece();
                if (!flushing.IsCompletedSuccessfully)
                {
                    return CompleteFlushAsync(flushing);
                }

                readerIsGone = flushing.Result.IsCompleted;
            }
        }
        catch (Exception exception)
        {
            FailEntered(exception);
            return null;
        }

        ExitAfterFlush(readerIsGone);
        return null;
    }

    // Reported once for each batch: the clock and the metrics of the owner cost more than an event.
    private void ReportWritten()
    {
        if (UnflushedBytes > 0)
        {
            EnterOtherCode();
            _owner?.OnWritten(_unflushedEvents, UnflushedBytes);
            LeaveOtherCode();
            _unflushedEvents = 0;
            UnflushedBytes = 0;
        }
    }

    private ValueTask<FlushResult> FlushPiece()
    {
        if (_frames is { } frames)
        {
            frames.MoveTo(_pipe!, MaxPieceBytes);
            _frames = KeepUnlessEmpty(frames);
        }

        return _pipe!.FlushAsync(CancellationToken.None);
    }

    // An idle connection must hold no buffer.
    private static FrameBuffer? KeepUnlessEmpty(FrameBuffer frames)
    {
        if (!frames.IsEmpty)
        {
            return frames;
        }

        FrameBuffer.Return(frames);
        return null;
    }

    // The token ends the caller's wait, not the flush: a cancelled flush would abort the whole connection in Kestrel.
    private async Task AwaitFlushAsync(Task flushed, CancellationToken cancellationToken)
    {
        await CallerContext.LeaveAsync();
        CancellationToken ended = _owner?.Ended ?? CancellationToken.None;
        if (!cancellationToken.CanBeCanceled || cancellationToken == ended)
        {
            await flushed.WaitAsync(ended);
        }
        else
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended);
            await flushed.WaitAsync(either.Token);
        }

        if (_failure is not null)
        {
            throw Failed();
        }
    }

    // Holds the write lock until the flush is over, however long the caller waits. A PipeWriter allows one flush at a time, and later
    // frames must not be written inside this one.
    private async Task CompleteFlushAsync(ValueTask<FlushResult> flushing)
    {
        await CallerContext.LeaveAsync();
        bool readerIsGone;
        try
        {
            while (true)
            {
                // Reported again for each piece: the deadline measures progress.
                _owner?.OnFlushPending();
                readerIsGone = (await flushing).IsCompleted;
                if (readerIsGone || _frames is null)
                {
                    break;
                }

                if (_closed)
                {
                    throw new IOException("The stream was closed inside a frame.");
                }

                flushing = FlushPiece();
            }

            // Before the lock is released: the next writer may have to wait as well, and its deadline must not be cleared here.
            _owner?.OnFlushCompleted();
        }
        catch (Exception exception)
        {
            FailEntered(exception);
            return;
        }

        ExitAfterFlush(readerIsGone);
    }

    private void ExitAfterFlush(bool readerIsGone)
    {
        if (readerIsGone)
        {
            FailEntered(new IOException("The stream is no longer read: the reader has completed."));
        }
        else
        {
            _lock.Exit();
        }
    }

    // The caller holds the write lock. How much of the last frame is in the pipe is unknown, so no frame can follow it.
    private void FailEntered(Exception exception)
    {
        _failure = exception;
        _ended = true;
        _frames = null;
        _lock.Exit();
        _owner?.OnFailed(exception);
    }
}

using System.Diagnostics;

namespace SseKit.Writing;

/// <summary>Ends the stream: drains it, writes the final frame, and waits until no caller holds the write lock.</summary>
internal sealed partial class StreamOutput
{
    // The time that a reading client needs to catch up with a stream that ends. Network delays follow the system clock.
    private static readonly TimeSpan FinalFrameTimeout = TimeSpan.FromMilliseconds(500);

    // A server ends the flushes of an aborted response. A server that did not would keep the request open forever (I8).
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Waits until the reader has taken the written bytes, or the stream ends. For writes without a waiting caller.</summary>
    public async ValueTask DrainAsync(CancellationToken ended)
    {
        if (_pipe is null || (_lock.IsFree && UnflushedBytes == 0))
        {
            return;
        }

        try
        {
            await _lock.EnterAsync(ended);
            if (FlushEntered() is { } flushing)
            {
                await flushing.WaitAsync(ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The client left, the host stops or a deadline passed meanwhile. The connection holds the reason.
        }
    }

    /// <summary>
    /// Writes the final frame of a complete stream like any other frame, so a client that is behind receives it later. Writes nothing if
    /// the stream never began, or was cut inside a frame.
    /// </summary>
    public async ValueTask TryTerminateAsync(ReadOnlyMemory<byte> frame, CancellationToken ended)
    {
        if (frame.IsEmpty || _pipe is null || !AtFrameBoundary)
        {
            return;
        }

        try
        {
            await WriteAsync(new EncodedFrame(frame), flush: true, ended);
        }
        catch (OperationCanceledException)
        {
            // The client left, the host stops or a deadline passed meanwhile. The connection holds the reason.
        }
    }

    /// <summary>Gets whether no write uses the pipe. Of a stream that has ended, none will.</summary>
    public bool IsIdle => _lock.IsFree;

    /// <summary>Refuses every later write of the handler and of heartbeats.</summary>
    public void End() => _ended = true;

    /// <summary>Writes the final frame of a stream that has ended, with a short timeout for a client that is behind.</summary>
    /// <returns>What the other overload returns.</returns>
    public async ValueTask<bool> TryWriteLastAsync(ReadOnlyMemory<byte> frame)
    {
        using var timeout = new CancellationTokenSource(FinalFrameTimeout);
        return await TryWriteLastAsync(frame, timeout.Token);
    }

    /// <summary>Writes the final frame of a stream that has ended, if the client reads before the deadline.</summary>
    /// <returns>
    /// False if it could not be written: the flush for a client that does not read holds the write lock, or the stream was cut inside a
    /// frame.
    /// </returns>
    public async ValueTask<bool> TryWriteLastAsync(ReadOnlyMemory<byte> frame, CancellationToken deadline)
    {
        Debug.Assert(_ended, "The final frame is written after End.");
        if (_pipe is null || !await _lock.TryEnterAsync(deadline))
        {
            return false;
        }

        if (_failure is not null || !AtFrameBoundary)
        {
            _lock.Exit();
            return false;
        }

        try
        {
            Compose(new EncodedFrame(frame));
        }
        catch
        {
            _lock.Exit();
            throw;
        }

        // Also if the frame is empty: the flush shows whether the reader is connected.
        Task flushing = FlushEntered(always: true) ?? Task.CompletedTask;
        await flushing.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return flushing.IsCompleted && _failure is null;
    }

    /// <summary>
    /// Waits until no write is in progress. Right afterwards the server may give the pipe to another request, and a heartbeat that still
    /// holds the lock would write into the response of that request.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        Debug.Assert(_ended, "Only a stream that has ended closes.");
        _closed = true;
        if (await _lock.TryEnterAsync(CloseTimeout))
        {
            _lock.Exit();
        }
    }
}

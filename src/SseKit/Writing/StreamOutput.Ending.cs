using System.Diagnostics;

namespace SseKit.Writing;

/// <summary>How a stream ends: nothing is left behind, nothing is written after the last words, and nobody is inside any more.</summary>
internal sealed partial class StreamOutput
{
    // What a client that reads needs to catch up with a stream that ends, on the wall clock: the network knows no other.
    private static readonly TimeSpan LastWordsPatience = TimeSpan.FromMilliseconds(500);

    // A server ends the flushes of a response that is aborted. One that did not would hold the request for ever (I8).
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    /// <summary>Waits until the reader has taken what was written, or the stream ends. For writes that nobody waits for any more.</summary>
    public async ValueTask DrainAsync(CancellationToken ended)
    {
        if (_pipe is null || (_gate.IsFree && UnflushedBytes == 0))
        {
            return;
        }

        try
        {
            await _gate.EnterAsync(ended);
            if (FlushEntered() is { } flushing)
            {
                await flushing.WaitAsync(ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The client left, the host stops or a deadline passed meanwhile: the connection knows which.
        }
    }

    /// <summary>
    /// Writes the last frame of a complete stream, as any other: a client that is behind gets it in its time. Nothing where the stream never began, or broke off
    /// inside a frame.
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
            // The client left, the host stops or a deadline passed meanwhile: the connection knows which.
        }
    }

    /// <summary>Refuses every later write of the handler and of heartbeats.</summary>
    public void End() => _ended = true;

    /// <summary>
    /// The last words of a stream that has ended. False where they could not be written: a client that does not read holds the
    /// gate, or the stream broke off inside a frame. A client that is merely behind gets a moment.
    /// </summary>
    public async ValueTask<bool> TryWriteLastAsync(ReadOnlyMemory<byte> frame)
    {
        Debug.Assert(_ended, "Last words come after End.");
        if (_pipe is null || !await _gate.TryEnterAsync(LastWordsPatience))
        {
            return false;
        }

        if (_failure is not null || !AtFrameBoundary)
        {
            _gate.Exit();
            return false;
        }

        try
        {
            Compose(new EncodedFrame(frame));
        }
        catch
        {
            _gate.Exit();
            throw;
        }

        // Also if there is nothing to write: the flush shows whether the reader is there.
        Task flushing = FlushEntered(always: true) ?? Task.CompletedTask;
        await Task.WhenAny(flushing, Task.Delay(LastWordsPatience, TimeProvider.System));
        return flushing.IsCompleted && _failure is null;
    }

    /// <summary>
    /// Waits until nobody writes any more. Right after it the server may give the pipe to another request, and a heartbeat that is still inside would write into that one's response.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        Debug.Assert(_ended, "Only a stream that has ended closes.");
        _closed = true;
        if (await _gate.TryEnterAsync(ClosePatience))
        {
            _gate.Exit();
        }
    }
}

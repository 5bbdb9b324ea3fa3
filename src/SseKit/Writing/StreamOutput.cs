using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace SseKit.Writing;

/// <summary>
/// Serializes all writes to a PipeWriter, which must never be used by two callers at once (I1). Handlers, heartbeats and the final frame
/// of a stream write through it, and each frame is complete before the next begins.
/// </summary>
internal sealed partial class StreamOutput
{
    // Kestrel accepts up to 64 KB before a writer has to wait. A batch stays well below, so that a slow client delays a fast source, and
    // the batching does not (I8).
    private const int MaxBatchBytes = 16 * 1024;

    // The most bytes that the pipe gets at once. The rest of a larger frame follows when the pipe has room. So a client that does not read
    // holds at most this beyond the bound of the pipe (I8), and each piece that is sent shows that the client reads.
    private const int MaxPieceBytes = 32 * 1024;

    private readonly WriteLock _lock = new();
    private readonly IOutputOwner? _owner;
    private readonly int _maxEventSize;
    private PipeWriter? _pipe;
    private FrameBuffer? _frames;
    private int _unflushedEvents;
    private Exception? _failure;
    private volatile bool _ended;
    private volatile bool _closed;

    /// <param name="pipe">The pipe to write to.</param>
    /// <param name="maxEventSize">The most bytes of data in one event.</param>
    public StreamOutput(PipeWriter pipe, int maxEventSize)
    {
        _pipe = pipe;
        _maxEventSize = maxEventSize;
    }

    public StreamOutput(IOutputOwner owner, int maxEventSize)
    {
        _owner = owner;
        _maxEventSize = maxEventSize;
    }

    /// <summary>The failure of opening the stream; null if it opened or was refused.</summary>
    public ExceptionDispatchInfo? OpeningFailure { get; private set; }

    /// <summary>The bytes that were written and not yet flushed.</summary>
    public long UnflushedBytes { get; private set; }

    /// <summary>Whether the unflushed events fill a batch and should be flushed.</summary>
    public bool IsBatchFull => UnflushedBytes >= MaxBatchBytes;

    /// <summary>
    /// Writes a complete frame. A frame that is refused, by its own check or by the serializer, writes no byte. Cancellation ends the wait
    /// for a slow client, and never cuts a frame.
    /// </summary>
    public ValueTask WriteAsync<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        return ToValueTask(Write(frame, flush, cancellationToken));
    }

    /// <summary>
    /// Writes a frame on the hottest path; null if the frame is written and no wait is needed. Returning a ValueTask through several
    /// methods costs more than the rest of the write.
    /// </summary>
    public Task? Write<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        return WriteOrWait(frame, flush, cancellationToken);
    }

    /// <summary>Flushes the written frames. Cancellation ends the wait for a slow client, never the flush.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        ToValueTask(WriteOrWait(default(NoFrame), flush: true, cancellationToken));

    /// <summary>
    /// Flushes the written frames if there are any. Any other flush opens the stream, after which no status can report a failure.
    /// </summary>
    public ValueTask FlushWrittenAsync(CancellationToken cancellationToken) =>
        UnflushedBytes > 0 ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Flushes the written frames without waiting; false if the write lock is held and the caller should retry.</summary>
    public bool TryFlush() => _ended || UnflushedBytes == 0 || TryWrite(default(NoFrame));

    /// <summary>Writes a frame if the write lock is free and no frame is open. Never waits or throws: timers call it.</summary>
    public bool TryWrite<TFrame>(TFrame frame)
        where TFrame : struct, IWriteOperation
    {
        if (_pipe is null || _ended || !_lock.TryEnter())
        {
            return false;
        }

        // Checked again under the lock: the end of the stream waits for writes that hold it, and admits none after them.
        if (_ended || !AtFrameBoundary)
        {
            _lock.Exit();
            return false;
        }

        _foreign?.BeforeInsertedFrame();
        try
        {
            Compose(frame);
        }
        catch (Exception exception)
        {
            FailEntered(exception);
            return true;
        }

        // The flush reports its result to the owner. No caller waits for it.
        _ = FlushEntered();
        return true;
    }

    private Task? WriteOrWait<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        if (_pipe is null || !_lock.TryEnter())
        {
            return WriteWhenFreeAsync(frame, flush, cancellationToken);
        }

        if (_ended)
        {
            // The task reports the end. An exception in a caller that does not await, such as a timer, would end the process.
            _lock.Exit();
            return WriteWhenFreeAsync(frame, flush, cancellationToken);
        }

        return WriteEntered(frame, flush, cancellationToken);
    }

    private async Task WriteWhenFreeAsync<TFrame>(TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        await CallerContext.LeaveAsync();
        await EnterAsync(cancellationToken);
        try
        {
            await TryOpenLockedAsync();
        }
        catch
        {
            _lock.Exit();
            throw;
        }

        ThrowIfEndedEntered();
        if (WriteEntered(frame, flush, cancellationToken) is { } writing)
        {
            await writing;
        }
    }

    // The caller holds the write lock; this method releases it.
    private Task? WriteEntered<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        try
        {
            Compose(frame);
        }
        catch (Exception exception)
        {
            _lock.Exit();
            return Task.FromException(exception);
        }

        if (!flush)
        {
            _lock.Exit();
            return null;
        }

        if (FlushEntered() is { } flushing)
        {
            return AwaitFlushAsync(flushing, cancellationToken);
        }

        return _failure is null ? null : Task.FromException(Failed());
    }

    private void Compose<TFrame>(in TFrame frame)
        where TFrame : struct, IWriteOperation
    {
        if (typeof(TFrame) == typeof(NoFrame))
        {
            return;
        }

        // Frames are readonly structs. The compiler cannot infer that and would copy them here.
        ref TFrame uncopied = ref Unsafe.AsRef(in frame);
        FrameBuffer? unflushed = _frames;
        FrameBuffer frames = unflushed ?? FrameBuffer.Rent();
        FrameBuffer.Mark start = frames.Position;
        try
        {
            if (TFrame.CallsOtherCode)
            {
                EnterOtherCode();
            }

            UnflushedBytes += uncopied.WriteTo(frames, _maxEventSize);
            _unflushedEvents += uncopied.Events;
        }
        catch
        {
            uncopied.Undo();
            unflushed?.Truncate(start);
            throw;
        }
        finally
        {
            if (TFrame.CallsOtherCode)
            {
                LeaveOtherCode();
            }
        }

        _frames = KeepUnlessEmpty(frames);
    }

    // The caller holds the write lock, and still holds it if this method returns.
    private void ThrowIfEndedEntered()
    {
        if (!_ended)
        {
            return;
        }

        _lock.Exit();
        throw _failure is not null
            ? Failed()
            : new OperationCanceledException("The event stream has ended. Nothing was written.", _owner?.Ended ?? CancellationToken.None);
    }

    // On a connection, a completed reader is a client that left. That is normal (I7) and is reported as cancellation. A bare pipe has no
    // such token, so its caller gets the failure.
    private Exception Failed() => _owner is null
        ? new IOException(_failure!.Message, _failure)
        : new OperationCanceledException("The event stream has ended: the client has disconnected.", _failure, _owner.Ended);

    private static ValueTask ToValueTask(Task? pending) => pending is null ? default : new ValueTask(pending);

    private readonly struct NoFrame : IWriteOperation
    {
        public int Events => 0;

        public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => 0;
    }
}

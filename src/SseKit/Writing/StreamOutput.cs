using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace SseKit.Writing;

/// <summary>
/// The one gate in front of a PipeWriter, which must never be used by two callers at once (I1). Handlers, heartbeats and the
/// last words of a stream all come through here, and each frame is written whole before the next begins.
/// </summary>
internal sealed partial class StreamOutput
{
    // Kestrel takes up to 64 KB before it makes a writer wait. A batch stays well below, so that a fast source is
    // slowed by a slow client and not by our own bookkeeping (I8).
    private const int MaxBatchBytes = 16 * 1024;

    // What the pipe gets at once. A larger frame goes on when the pipe has room again: a client that does not read holds no more than this
    // beyond the pipe's own bound (I8), and each piece that leaves shows that the client reads.
    private const int MaxPieceBytes = 32 * 1024;

    private readonly WriteLock _gate = new();
    private readonly IOutputOwner? _owner;
    private readonly FrameScanner? _foreign;
    private readonly int _maxEventSize;
    private PipeWriter? _pipe;
    private FrameBuffer? _frames;
    private int _unflushedEvents;
    private Exception? _failure;
    private volatile bool _ended;
    private volatile bool _closed;
    private bool _askedToOpen;

    /// <param name="pipe">The pipe to write to.</param>
    /// <param name="maxEventSize">The most bytes of data in one event.</param>
    /// <param name="foreign">Knows where frames end when the bytes come from elsewhere. Null where only whole frames are written.</param>
    public StreamOutput(PipeWriter pipe, int maxEventSize, FrameScanner? foreign = null)
    {
        _pipe = pipe;
        _maxEventSize = maxEventSize;
        _foreign = foreign;
    }

    public StreamOutput(IOutputOwner owner, int maxEventSize, FrameScanner? foreign = null)
    {
        _owner = owner;
        _maxEventSize = maxEventSize;
        _foreign = foreign;
    }

    /// <summary>Why the stream could not be opened; null if it could, or was refused.</summary>
    public ExceptionDispatchInfo? OpeningFailure { get; private set; }

    /// <summary>Bytes written and not yet given to a flush.</summary>
    public long UnflushedBytes { get; private set; }

    /// <summary>Whether events that follow each other closely have waited enough for each other.</summary>
    public bool IsBatchFull => UnflushedBytes >= MaxBatchBytes;

    /// <summary>
    /// Writes a frame whole. A frame that is refused (by its own check or by the serializer) leaves no byte behind. Cancelling
    /// stops the wait for a slow client, never a frame in the middle.
    /// </summary>
    public ValueTask WriteAsync<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        return ToValueTask(Write(frame, flush, cancellationToken));
    }

    /// <summary>
    /// Writes a frame for events by the million: null if the frame is written and nothing is left to wait for. (Passing a ValueTask on
    /// costs more than all the rest.)
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

    /// <summary>Flushes what has been written. Cancelling ends the wait for a slow client, never the flush.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        ToValueTask(WriteOrWait(default(NoFrame), flush: true, cancellationToken));

    /// <summary>Flushes what has been written, if nobody is writing; never waits. False where somebody is and it is worth another try.</summary>
    public bool TryFlush() => _ended || UnflushedBytes == 0 || TryWrite(default(NoFrame));

    /// <summary>Writes a frame if nobody else is writing and no frame is open. Never waits and never throws: it is called by timers.</summary>
    public bool TryWrite<TFrame>(TFrame frame)
        where TFrame : struct, IWriteOperation
    {
        if (_pipe is null || _ended || !_gate.TryEnter())
        {
            return false;
        }

        // Asked again behind the gate: whoever ends the stream waits for those inside, and lets nobody in after them.
        if (_ended || !AtFrameBoundary)
        {
            _gate.Exit();
            return false;
        }

        _foreign?.BreakIn();
        try
        {
            Compose(frame);
        }
        catch (Exception exception)
        {
            FailEntered(exception);
            return true;
        }

        // The flush reports to the owner what it finds. No caller waits for it.
        _ = FlushEntered();
        return true;
    }

    // Bytes from elsewhere may leave a frame open; nothing of ours may stand inside it.
    private bool AtFrameBoundary => _foreign?.AtFrameBoundary ?? true;

    private Task? WriteOrWait<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        if (_pipe is null || !_gate.TryEnter())
        {
            return WriteWhenFreeAsync(frame, flush, cancellationToken);
        }

        ThrowIfEndedEntered();
        return WriteEntered(frame, flush, cancellationToken);
    }

    private async Task WriteWhenFreeAsync<TFrame>(TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        await EnterAsync(cancellationToken);
        try
        {
            await TryOpenLockedAsync();
        }
        catch
        {
            _gate.Exit();
            throw;
        }

        ThrowIfEndedEntered();
        if (WriteEntered(frame, flush, cancellationToken) is { } writing)
        {
            await writing;
        }
    }

    // The caller holds the gate; this method sees to its release.
    private Task? WriteEntered<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, IWriteOperation
    {
        try
        {
            Compose(frame);
        }
        catch
        {
            _gate.Exit();
            throw;
        }

        if (!flush)
        {
            _gate.Exit();
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

        // Frames are readonly structs, which the compiler cannot know and would copy here.
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

    // The caller holds the gate, and keeps it where this method returns.
    private void ThrowIfEndedEntered()
    {
        if (!_ended)
        {
            return;
        }

        _gate.Exit();
        throw _failure is not null
            ? Failed()
            : new OperationCanceledException("The event stream has ended. Nothing was written.", _owner?.Ended ?? CancellationToken.None);
    }

    // On a connection a reader that is gone is a client that left, which is normal (I7) and reads as cancellation. A bare pipe has no such
    // token, so there the caller is told what happened.
    private Exception Failed() => _owner is null
        ? new IOException(_failure!.Message, _failure)
        : new OperationCanceledException("The event stream has ended: the client is gone.", _failure, _owner.Ended);

    private static ValueTask ToValueTask(Task? pending) => pending is null ? default : new ValueTask(pending);

    private readonly struct NoFrame : IWriteOperation
    {
        public int Events => 0;

        public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => 0;
    }
}

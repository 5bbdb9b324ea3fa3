using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace SseKit.Protocol;

/// <summary>
/// The one gate in front of a PipeWriter, which must never be used by two callers at once (I1). Handlers, heartbeats and the
/// last words of a stream all come through here, and each frame is written whole before the next begins.
/// </summary>
internal sealed partial class SseOutput
{
    // Kestrel takes up to 64 KB before it makes a writer wait. A batch stays well below, so that a fast source is
    // slowed by a slow client and not by our own bookkeeping (I8).
    private const int MaxBatchBytes = 16 * 1024;

    // What the pipe gets at once. A larger frame goes on when the pipe has room again: a client that does not read holds no more than this
    // beyond the pipe's own bound (I8), and each piece that leaves shows that the client reads.
    private const int MaxPieceBytes = 32 * 1024;

    private readonly SseGate _gate = new();
    private readonly ISseOutputOwner? _owner;
    private readonly SseFrameScanner? _foreign;
    private readonly int _maxEventSize;
    private PipeWriter? _pipe;
    private SseFrameBuffer? _frames;
    private int _unflushedEvents;
    private Exception? _failure;
    private volatile bool _ended;
    private volatile bool _closed;
    private bool _askedToOpen;

    /// <param name="pipe">The pipe to write to.</param>
    /// <param name="maxEventSize">The most bytes of data in one event.</param>
    /// <param name="foreign">Knows where frames end when the bytes come from elsewhere. Null where only whole frames are written.</param>
    public SseOutput(PipeWriter pipe, int maxEventSize, SseFrameScanner? foreign = null)
    {
        _pipe = pipe;
        _maxEventSize = maxEventSize;
        _foreign = foreign;
    }

    public SseOutput(ISseOutputOwner owner, int maxEventSize, SseFrameScanner? foreign = null)
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

    /// <summary>Starts the stream, where that has not happened yet. False where there is nothing to write to: it was refused, or has ended.</summary>
    public async ValueTask<bool> TryOpenAsync()
    {
        await EnterAsync(CancellationToken.None);
        bool opens = _pipe is null;
        bool isOpen = false;
        try
        {
            isOpen = await TryOpenLockedAsync();
        }
        finally
        {
            if (!opens || !isOpen)
            {
                _gate.Exit();
            }
        }

        if (!opens || !isOpen)
        {
            return isOpen;
        }

        // A client may take not even the first bytes, so their flush has a deadline like all others.
        await (FlushEntered(always: true) is { } flushing ? AwaitFlushAsync(flushing, CancellationToken.None) : Task.CompletedTask);
        return _failure is null ? true : throw Failed();
    }

    /// <summary>
    /// Writes a frame whole. A frame that is refused (by its own check or by the serializer) leaves no byte behind. Cancelling
    /// stops the wait for a slow client, never a frame in the middle.
    /// </summary>
    public ValueTask WriteAsync<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, ISseFrame
    {
        return ToValueTask(Write(frame, flush, cancellationToken));
    }

    /// <summary>
    /// Writes a frame for events by the million: null if the frame is written and nothing is left to wait for. (Passing a ValueTask on
    /// costs more than all the rest.)
    /// </summary>
    public Task? Write<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, ISseFrame
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
        where TFrame : struct, ISseFrame
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

    private async ValueTask<bool> TryOpenLockedAsync()
    {
        // Asked also when the stream has ended before it began: its owner may have something to tell the client.
        // Not after the response is over, however (I9).
        if (_pipe is null && !_askedToOpen && !_closed)
        {
            Debug.Assert(_owner is not null, "Only an owned stream opens late.");
            _askedToOpen = true;
            Opening.Value = this;
            try
            {
                _pipe = await _owner.OpenAsync();
            }
            catch (Exception exception)
            {
                OpeningFailure = ExceptionDispatchInfo.Capture(exception);
                throw;
            }
            finally
            {
                _ended |= _pipe is null;
            }
        }

        // Also for who comes later: the one who opened may not be the one who can report it.
        OpeningFailure?.Throw();

        return !_ended;
    }

    private Task? WriteOrWait<TFrame>(in TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, ISseFrame
    {
        if (_pipe is null || !_gate.TryEnter())
        {
            return WriteWhenFreeAsync(frame, flush, cancellationToken);
        }

        ThrowIfEndedEntered();
        return WriteEntered(frame, flush, cancellationToken);
    }

    private async Task WriteWhenFreeAsync<TFrame>(TFrame frame, bool flush, CancellationToken cancellationToken)
        where TFrame : struct, ISseFrame
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
        where TFrame : struct, ISseFrame
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
        where TFrame : struct, ISseFrame
    {
        if (typeof(TFrame) == typeof(NoFrame))
        {
            return;
        }

        // Frames are readonly structs, which the compiler cannot know and would copy here.
        ref TFrame uncopied = ref Unsafe.AsRef(in frame);
        SseFrameBuffer? unflushed = _frames;
        SseFrameBuffer frames = unflushed ?? SseFrameBuffer.Rent();
        SseFrameBuffer.Mark start = frames.Position;
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

    // The caller holds the gate; this method sees to its release.
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

    // The owner hears of a batch as a whole: its clock and its metrics cost more than an event.
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

    // A connection that waits holds no buffer.
    private static SseFrameBuffer? KeepUnlessEmpty(SseFrameBuffer frames)
    {
        if (!frames.IsEmpty)
        {
            return frames;
        }

        SseFrameBuffer.Return(frames);
        return null;
    }

    // The token ends the caller's wait, not the flush: a cancelled flush would abort the whole connection in Kestrel.
    private async Task AwaitFlushAsync(Task flushed, CancellationToken cancellationToken)
    {
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

    // Holds the gate until the flush is over, however long the caller waits: a PipeWriter takes one flush at a time, and what follows
    // must not stand inside a frame.
    private async Task CompleteFlushAsync(ValueTask<FlushResult> flushing)
    {
        bool readerIsGone;
        try
        {
            while (true)
            {
                // Told again for each piece: the deadline is about progress.
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

            // Before the gate opens: the next writer may have to wait as well, and its deadline must not be taken for this one's.
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
            FailEntered(new IOException("Nobody reads this stream any more: the reader has completed."));
        }
        else
        {
            _gate.Exit();
        }
    }

    // The caller holds the gate. What the pipe has taken of the last frame is unknown, so nothing can follow it.
    private void FailEntered(Exception exception)
    {
        _failure = exception;
        _ended = true;
        _frames = null;
        _gate.Exit();
        _owner?.OnFailed(exception);
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

    private readonly struct NoFrame : ISseFrame
    {
        public int Events => 0;

        public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => 0;
    }
}

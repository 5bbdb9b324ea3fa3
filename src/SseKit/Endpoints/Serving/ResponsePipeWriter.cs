using System.Buffers;
using System.IO.Pipelines;

namespace SseKit.Endpoints.Serving;

/// <summary>Writes the bytes of other code to the stream, or to the server if the response is no stream.</summary>
/// <remarks>Its completion completes the response, which ends a stream.</remarks>
internal sealed class ResponsePipeWriter(StreamFeatures response, PipeWriter server) : PipeWriter
{
    // A stream that is idle after a large write must not hold its buffer (I8).
    private const int MaxKeptCapacity = 4 * 1024;

    private ArrayBufferWriter<byte>? _collected;

    public override bool CanGetUnflushedBytes => _collected is not null || server.CanGetUnflushedBytes;

    public override long UnflushedBytes => _collected?.WrittenCount ?? server.UnflushedBytes;

    /// <summary>Gets whether bytes wait for the next flush.</summary>
    public bool HasCollected => _collected is { WrittenCount: > 0 };

    // A stream's bytes are collected here and passed on at each flush, because heartbeats use the server's pipe meanwhile. So are those of
    // a response that may become a stream, because an error handler may still replace it. Null if the response is no stream.
    private ArrayBufferWriter<byte>? Collected => _collected ??= response.MayBeStream() ? new ArrayBufferWriter<byte>() : null;

    private IBufferWriter<byte> Target => Collected ?? (IBufferWriter<byte>)server;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Target.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Target.GetSpan(sizeHint);

    public override void Advance(int bytes) => Target.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        TakeForStream() is { } collected ? FlushStreamAsync(collected, cancellationToken) : server.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (TakeForStream() is not { } collected)
        {
            return server.WriteAsync(source, cancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        collected.Write(source.Span);
        return FlushStreamAsync(collected, cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        // The flush of a stream ends with the stream or with the caller's token.
        if (!response.MayBeStream())
        {
            server.CancelPendingFlush();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (TakeForStream() is null)
        {
            server.Complete(exception);
        }
        else
        {
            // The end waits for the client, which this method must not do. The request waits for the end.
            response.BeginComplete(exception);
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (TakeForStream() is null)
        {
            await server.CompleteAsync(exception);
        }
        else
        {
            await response.CompleteAsync(exception);
        }
    }

    public override Stream AsStream(bool leaveOpen = false) => response.Stream;

    /// <summary>Passes the collected bytes to the server, because the response is no stream.</summary>
    public void PassToServer()
    {
        if (_collected is { } collected)
        {
            _collected = null;
            server.Write(collected.WrittenSpan);
        }
    }

    // Decides whether the response is a stream. Null if it is none.
    private ArrayBufferWriter<byte>? TakeForStream()
    {
        if (response.IsStream())
        {
            return _collected ??= new ArrayBufferWriter<byte>();
        }

        PassToServer();
        return null;
    }

    private async ValueTask<FlushResult> FlushStreamAsync(ArrayBufferWriter<byte> collected, CancellationToken cancellationToken)
    {
        if (collected.WrittenCount == 0)
        {
            // A flush without bytes opens the stream.
            await response.FlushStreamAsync(cancellationToken);
            return default;
        }

        ValueTask writing = response.Connection!.Output.WriteForeignAsync(collected, cancellationToken);
        if (collected is { WrittenCount: 0, Capacity: > MaxKeptCapacity })
        {
            // Before the wait, during which other code may write.
            _collected = new ArrayBufferWriter<byte>();
        }

        await writing;
        return default;
    }
}

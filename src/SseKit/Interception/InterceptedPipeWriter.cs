using System.IO.Pipelines;

namespace SseKit.Interception;

/// <summary>Writes the pipe of an intercepted response to the stream or to the server, decided at the first byte.</summary>
internal sealed class InterceptedPipeWriter(InterceptedResponse response, PipeWriter server) : PipeWriter
{
    private PipeWriter? _target;

    public override bool CanGetUnflushedBytes => (_target ?? server).CanGetUnflushedBytes;

    public override long UnflushedBytes => (_target ?? server).UnflushedBytes;

    // A stream's bytes are collected here and passed on at each flush, because heartbeats use the server's pipe meanwhile.
    private PipeWriter Target => _target ??=
        response.IsStream() ? Create(response.Stream, new StreamPipeWriterOptions(leaveOpen: true)) : server;

    private bool IsStream => !ReferenceEquals(Target, server);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Target.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Target.GetSpan(sizeHint);

    public override void Advance(int bytes) => Target.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        IsStream && Target.UnflushedBytes == 0 ? FlushStreamAsync(cancellationToken) : Target.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Target.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => Target.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (!IsStream)
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
        if (!IsStream)
        {
            await server.CompleteAsync(exception);
        }
        else
        {
            await response.CompleteAsync(exception);
        }
    }

    public override Stream AsStream(bool leaveOpen = false) => response.Stream;

    public async Task FlushRestAsync()
    {
        if (_target is { UnflushedBytes: > 0 } && IsStream)
        {
            await _target.FlushAsync(CancellationToken.None);
        }
    }

    // A pipe over a stream drops a flush without bytes, and such a flush opens the stream.
    private async ValueTask<FlushResult> FlushStreamAsync(CancellationToken cancellationToken)
    {
        await response.Stream.FlushAsync(cancellationToken);
        return default;
    }
}

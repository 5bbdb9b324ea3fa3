using System.IO.Pipelines;

namespace SseKit.Endpoints.Serving;

/// <summary>Passes the response's pipe to other code. Its completion completes the response, which ends a stream.</summary>
internal sealed class CompletingPipeWriter(StreamFeatures response, PipeWriter server) : PipeWriter
{
    public override bool CanGetUnflushedBytes => server.CanGetUnflushedBytes;

    public override long UnflushedBytes => server.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => server.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => server.GetSpan(sizeHint);

    public override void Advance(int bytes) => server.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        server.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        server.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => server.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (response.Connection is { IsOpen: true })
        {
            // The end waits for the client, which this method must not do. The request waits for the end.
            response.BeginComplete(exception);
        }
        else
        {
            server.Complete(exception);
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (response.Connection is { IsOpen: true })
        {
            await response.CompleteAsync(exception);
        }
        else
        {
            await server.CompleteAsync(exception);
        }
    }

    public override Stream AsStream(bool leaveOpen = false) => response.Stream;
}

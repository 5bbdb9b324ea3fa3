using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Endpoints.Serving;

/// <summary>Writes the bytes of other code to the stream, or to the server if the response is no stream.</summary>
internal sealed class ResponseBody(StreamFeatures response, IHttpResponseBodyFeature server) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (response.Unflushed is { } unflushed)
        {
            return WriteAfterAsync(unflushed, buffer, cancellationToken);
        }

        return response.IsStream()
            ? response.Connection!.Output.WriteForeignAsync(buffer, cancellationToken)
            : server.Stream.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        if (response.Unflushed is { } unflushed)
        {
            return unflushed.FlushAsync(cancellationToken).AsTask();
        }

        return response.IsStream()
            ? response.FlushStreamAsync(cancellationToken).AsTask()
            : server.Stream.FlushAsync(cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!response.IsStream())
        {
            response.Unflushed?.PassToServer();
            server.Stream.Write(buffer, offset, count);
            return;
        }

        if (!response.AllowsBlockingWrites)
        {
            throw new InvalidOperationException(
                "Synchronous operations are disallowed. Call WriteAsync or set AllowSynchronousIO to true instead.");
        }

        WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    // The implementations of the base class write synchronously, which the server does not allow.
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override void Flush()
    {
        if (response.IsStream())
        {
            FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
        else
        {
            response.Unflushed?.PassToServer();
            server.Stream.Flush();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Bytes that other code has written to the response's PipeWriter come first, as on the server, where both share one buffer.
    private static async ValueTask WriteAfterAsync(
        ResponsePipeWriter unflushed, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        await unflushed.WriteAsync(buffer, cancellationToken);
}

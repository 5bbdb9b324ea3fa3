using System.Collections.Concurrent;

namespace SseKit.MiddlewareTests.Infrastructure;

/// <summary>Records the requests of a client and the bytes that it reads in return.</summary>
internal sealed class RecordingHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    public ConcurrentQueue<RecordedCall> Calls { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = new RecordedCall(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        Calls.Enqueue(call);
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        var body = new StreamContent(new RecordingStream(await response.Content.ReadAsStreamAsync(cancellationToken), call));
        foreach ((string name, IEnumerable<string> values) in response.Content.Headers)
        {
            body.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = body;
        return response;
    }

    private sealed class RecordingStream(Stream inner, RecordedCall call) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer, cancellationToken);
            call.Append(buffer.Span[..read]);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

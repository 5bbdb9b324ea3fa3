using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Tests.Infrastructure;

/// <summary>A response body that counts its flushes, and blocks one as a client does that does not read.</summary>
internal sealed class HeldResponseBody(IHttpResponseBodyFeature server) : IHttpResponseBodyFeature
{
    private readonly Signal _held = new();
    private CountingWriter? _writer;
    private int _flushes;
    private volatile TaskCompletionSource? _hold;

    public int Flushes => Volatile.Read(ref _flushes);

    public Stream Stream => Writer.AsStream();

    public PipeWriter Writer => _writer ??= new CountingWriter(this, server.Writer);

    /// <summary>The next flush waits for <see cref="Release"/>.</summary>
    public void Hold() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a flush waits.</summary>
    public Task FlushIsHeldAsync() => _held.WaitAsync();

    public void Release() => Interlocked.Exchange(ref _hold, null)?.SetResult();

    public void DisableBuffering() => server.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => server.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        server.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => server.CompleteAsync();

    private sealed class CountingWriter(HeldResponseBody body, PipeWriter inner) : PipeWriter
    {
        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref body._flushes);
            if (body._hold is { } hold)
            {
                body._held.Set();
                await hold.Task;
            }

            return await inner.FlushAsync(cancellationToken);
        }
    }
}

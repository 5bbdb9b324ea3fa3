using System.IO.Pipelines;
using System.Text;

namespace SseKit.Tests.Protocol;

/// <summary>A pipe that takes whatever is written, and counts its flushes.</summary>
public sealed class WriterOutput : PipeWriter
{
    private readonly System.Buffers.ArrayBufferWriter<byte> _bytes = new();

    public string Text => Encoding.UTF8.GetString(_bytes.WrittenSpan);

    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    public int Flushes { get; private set; }

    public override void Advance(int bytes) => _bytes.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushes++;
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace SseKit.Tests.Writing;

/// <summary>A pipe that accepts all bytes, and counts its flushes and the bytes that wait for one.</summary>
internal sealed class MemoryPipeWriter : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _flushed;

    public string Text => Encoding.UTF8.GetString(_bytes.WrittenSpan);

    public byte[] Bytes => _bytes.WrittenSpan.ToArray();

    public string FlushedText => Encoding.UTF8.GetString(_bytes.WrittenSpan[.._flushed]);

    public int Flushes { get; private set; }

    public int MaxUnflushed { get; private set; }

    public override void Advance(int bytes)
    {
        _bytes.Advance(bytes);
        MaxUnflushed = Math.Max(MaxUnflushed, _bytes.WrittenCount - _flushed);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushes++;
        _flushed = _bytes.WrittenCount;
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}

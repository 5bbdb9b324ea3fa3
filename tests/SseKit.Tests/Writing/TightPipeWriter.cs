using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace SseKit.Tests.Writing;

/// <summary>A pipe that returns exactly the requested number of bytes.</summary>
internal sealed class TightPipeWriter : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private byte[] _buffer = [];

    public string Text => Encoding.UTF8.GetString(_bytes.WrittenSpan);

    public override void Advance(int bytes)
    {
        _bytes.Write(_buffer.AsSpan(0, bytes));
        _buffer = [];
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer = new byte[Math.Max(sizeHint, 1)];

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}

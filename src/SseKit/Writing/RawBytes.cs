using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes bytes that other code has formatted, cut at any position.</summary>
internal readonly struct RawBytes(FrameScanner scanner, ReadOnlyMemory<byte> bytes) : IWriteOperation
{
    public int Events => scanner.Events;

    public int MaxBytes => bytes.Length;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        ReadOnlySpan<byte> written = scanner.Scan(bytes.Span);
        var frame = new FrameBuilder(output, written.Length);
        frame.Write(written);
        return frame.Complete();
    }
}

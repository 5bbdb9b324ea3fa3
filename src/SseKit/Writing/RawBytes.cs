using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes bytes that other code has formatted, cut at any position.</summary>
internal readonly struct RawBytes(FrameScanner scanner, ReadOnlyMemory<byte> bytes) : IWriteOperation
{
    public int Events => scanner.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        ReadOnlySpan<byte> written = scanner.Scan(bytes.Span);
        output.Write(written);
        return written.Length;
    }
}

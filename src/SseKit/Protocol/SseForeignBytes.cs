using System.Buffers;

namespace SseKit.Protocol;

/// <summary>Bytes that somebody else has formatted, cut anywhere.</summary>
internal readonly struct SseForeignBytes(SseFrameScanner scanner, ReadOnlyMemory<byte> bytes) : ISseFrame
{
    public int Events => scanner.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        ReadOnlySpan<byte> written = scanner.Scan(bytes.Span);
        output.Write(written);
        return written.Length;
    }
}

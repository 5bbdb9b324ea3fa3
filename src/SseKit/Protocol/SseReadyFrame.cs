using System.Buffers;

namespace SseKit.Protocol;

/// <summary>Bytes that are a whole frame already.</summary>
internal readonly struct SseReadyFrame(ReadOnlyMemory<byte> bytes) : ISseFrame
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        output.Write(bytes.Span);
        return bytes.Length;
    }
}

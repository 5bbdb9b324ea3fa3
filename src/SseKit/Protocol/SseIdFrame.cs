using System.Buffers;

namespace SseKit.Protocol;

/// <summary>An id without an event.</summary>
internal readonly struct SseIdFrame(SseEventFields fields) : ISseFrame
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => SseFrame.WriteId(output, fields);
}

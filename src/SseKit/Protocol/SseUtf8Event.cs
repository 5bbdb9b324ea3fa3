using System.Buffers;

namespace SseKit.Protocol;

/// <summary>An event whose data is UTF-8 already, written as it is.</summary>
internal readonly struct SseUtf8Event(SseEventFields fields, ReadOnlyMemory<byte> data) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        SseEventSize.Check(data.Length, maxEventSize);
        return SseFrame.WriteEvent(output, fields, data.Span);
    }
}

using System.Buffers;

namespace SseKit.Protocol;

/// <summary>An event whose data is a string, written as it is.</summary>
internal readonly struct SseTextEvent(SseEventFields fields, string data) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        SseEventSize.CheckUtf8(data, maxEventSize);
        return SseFrame.WriteEvent(output, fields, data);
    }
}

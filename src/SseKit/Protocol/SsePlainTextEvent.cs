using System.Buffers;

namespace SseKit.Protocol;

/// <summary>An event that is a string and nothing else, as most events are. As one reference it travels in a register.</summary>
internal readonly struct SsePlainTextEvent(string data) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        SseEventSize.CheckUtf8(data, maxEventSize);
        return SseFrame.WriteEvent(output, data);
    }
}

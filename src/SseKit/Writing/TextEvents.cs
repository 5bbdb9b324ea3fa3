using System.Buffers;

namespace SseKit.Writing;

/// <summary>An event whose data is a string, written as it is.</summary>
internal readonly struct TextEvent(EventFields fields, string data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(data, maxEventSize);
        return FrameFormatter.WriteEvent(output, fields, data);
    }
}

/// <summary>An event that is a string and nothing else, as most events are. As one reference it travels in a register.</summary>
internal readonly struct PlainTextEvent(string data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(data, maxEventSize);
        return FrameFormatter.WriteEvent(output, data);
    }
}

/// <summary>An event whose data is UTF-8 already, written as it is.</summary>
internal readonly struct Utf8Event(EventFields fields, ReadOnlyMemory<byte> data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.Check(data.Length, maxEventSize);
        return FrameFormatter.WriteEvent(output, fields, data.Span);
    }
}

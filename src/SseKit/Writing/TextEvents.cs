using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes an event whose data is a string, unchanged.</summary>
internal readonly struct TextEvent(EventFields fields, string data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(data, maxEventSize);
        return FrameFormatter.WriteEvent(output, fields, data);
    }
}

/// <summary>Writes an event that is a string without other fields; one reference is passed in a register.</summary>
internal readonly struct PlainTextEvent(string data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(data, maxEventSize);
        return FrameFormatter.WriteEvent(output, data);
    }
}

/// <summary>Writes an event whose data is already UTF-8, unchanged.</summary>
internal readonly struct Utf8Event(EventFields fields, ReadOnlyMemory<byte> data) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.Check(data.Length, maxEventSize);
        return FrameFormatter.WriteEvent(output, fields, data.Span);
    }
}

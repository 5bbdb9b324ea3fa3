using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes comment lines, which every client ignores.</summary>
internal readonly struct CommentFrame(string comment) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(comment, maxEventSize);
        return FrameFormatter.WriteComment(output, comment);
    }
}

/// <summary>Writes an id without an event.</summary>
internal readonly struct EventIdFrame(EventFields fields) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => FrameFormatter.WriteId(output, fields);
}

/// <summary>Writes a reconnection interval without an event.</summary>
internal readonly struct RetryLine(long milliseconds) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => FrameFormatter.WriteRetry(output, milliseconds);
}

/// <summary>Writes bytes that are already a complete frame.</summary>
internal readonly struct EncodedFrame(ReadOnlyMemory<byte> bytes) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        output.Write(bytes.Span);
        return bytes.Length;
    }
}

using System.Buffers;

namespace SseKit.Writing;

/// <summary>Lines that every client ignores.</summary>
internal readonly struct CommentFrame(string comment) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.CheckUtf8(comment, maxEventSize);
        return FrameFormatter.WriteComment(output, comment);
    }
}

/// <summary>An id without an event.</summary>
internal readonly struct EventIdFrame(EventFields fields) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => FrameFormatter.WriteId(output, fields);
}

/// <summary>A reconnection interval without an event.</summary>
internal readonly struct RetryLine(long milliseconds) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => FrameFormatter.WriteRetry(output, milliseconds);
}

/// <summary>Bytes that are a whole frame already.</summary>
internal readonly struct EncodedFrame(ReadOnlyMemory<byte> bytes) : IWriteOperation
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        output.Write(bytes.Span);
        return bytes.Length;
    }
}

using System.Buffers;

namespace SseKit.Protocol;

/// <summary>Lines that every client ignores.</summary>
internal readonly struct SseCommentFrame(string comment) : ISseFrame
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        SseEventSize.CheckUtf8(comment, maxEventSize);
        return SseFrame.WriteComment(output, comment);
    }
}

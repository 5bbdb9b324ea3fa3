using System.Buffers.Binary;
using System.Text;

namespace SseKit.Storage.FileLog;

/// <summary>A topic's frame, read: what must be known of it when the segments before are gone.</summary>
internal readonly record struct SseLogTopicRecord(long Id, string Name, SsePosition Latest, long EarliestSequence, SseTopicStatus Status)
{
    public static SseLogTopicRecord Read(ReadOnlySpan<byte> frame)
    {
        string epoch = Encoding.Latin1.GetString(frame.Slice(36, SseLogFrame.EpochLength));
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(frame[49..]);
        return new SseLogTopicRecord(
            SseLogFrame.TopicOf(frame),
            SseLogText.Read(frame.Slice(SseLogFrame.TopicLength, nameLength), frame[48]),
            new SsePosition(epoch, BinaryPrimitives.ReadInt64LittleEndian(frame[19..])),
            BinaryPrimitives.ReadInt64LittleEndian(frame[27..]),
            (SseTopicStatus)frame[35]);
    }
}

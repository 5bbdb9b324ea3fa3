using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// Moves a connection past a gap and says so, in one go: a heartbeat in between could tell the client the new position before the gap is said (I5).
/// </summary>
internal readonly struct SseGapNotice(
    SsePositionedWriter writer, int topicIndex, SsePosition next, ReadOnlyMemory<byte> payload) : ISseFrame
{
    private readonly SsePosition _before = writer.Cursor[topicIndex];

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.Move(topicIndex, next);
        return writer.WriteNotice(payload.Span, output);
    }

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

using System.Buffers;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>
/// An event of SseKit's own that carries the connection's position. It has data, because Firefox ignores an id in a block without, and
/// JSON, because
/// clients with one callback parse the data of every event.
/// </summary>
internal readonly struct OpenEvent(PositionedWriter writer) : IWriteOperation
{
    public int Events => writer.Events;

    private static ReadOnlySpan<byte> Payload => "event: ssekit.open\ndata: {}\n"u8;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteControlEvent(Payload, output);
}

/// <summary>
/// Moves a connection past a gap and reports it in one operation: a heartbeat in between could send the new position before the report
/// (I5).
/// </summary>
internal readonly struct GapEvent(
    PositionedWriter writer, int topicIndex, SsePosition next, ReadOnlyMemory<byte> payload) : IWriteOperation
{
    private readonly SsePosition _before = writer.Cursor[topicIndex];

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.Move(topicIndex, next);
        return writer.WriteControlEvent(payload.Span, output);
    }

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

/// <summary>
/// Reports that the source of the topics has failed, and marks the id in one operation. A heartbeat in between could send the mark before
/// the report.
/// </summary>
internal readonly struct FailedEvent(PositionedWriter writer) : IWriteOperation
{
    public int Events => writer.Events;

    private static ReadOnlySpan<byte> Payload => "event: ssekit.failed\ndata: {}\n"u8;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.IsFailureReported = true;
        return writer.WriteControlEvent(Payload, output);
    }

    public void Undo() => writer.Cursor.IsFailureReported = false;
}

using System.Buffers;
using SseKit.Topics.EventIds;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>
/// Lists SseKit's own events. They have data, because Firefox ignores an id in a block without data. The data is JSON, because clients with
/// one callback parse the data of every event.
/// </summary>
internal static class ControlEvents
{
    public static readonly ReadOnlyMemory<byte> Open = "event: ssekit.open\ndata: {}\n"u8.ToArray();

    public static readonly ReadOnlyMemory<byte> Failed = "event: ssekit.failed\ndata: {}\n"u8.ToArray();
}

/// <summary>An event that is not of the topics, with the connection's position.</summary>
internal readonly struct PositionedEvent(PositionedWriter writer, ReadOnlyMemory<byte> payload) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteEvent(payload.Span, output);
}

/// <summary>
/// Moves a connection past gaps and reports them in one operation: a heartbeat in between could send the new position before the report
/// (I5).
/// </summary>
internal readonly struct GapEvents(PositionedWriter writer, TopicGap[] gaps, ReadOnlyMemory<byte> payload) : IWriteOperation
{
    private readonly SsePosition[] _before = PositionsBefore(gaps, writer.Cursor);

    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        foreach (TopicGap each in gaps)
        {
            writer.Cursor.Move(each.Index, each.Gap.Next);
        }

        return writer.WriteEvent(payload.Span, output);
    }

    public void Undo()
    {
        for (int i = 0; i < gaps.Length; i++)
        {
            writer.MoveBack(gaps[i].Index, _before[i]);
        }
    }

    private static SsePosition[] PositionsBefore(TopicGap[] gaps, Cursor cursor) => Array.ConvertAll(gaps, each => cursor[each.Index]);
}

/// <summary>
/// Reports that the source of the topics has failed, and marks the id in one operation. A heartbeat in between could send the mark before
/// the report.
/// </summary>
internal readonly struct FailedEvent(PositionedWriter writer, ReadOnlyMemory<byte> payload) : IWriteOperation
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.IsFailureReported = true;
        return writer.WriteEvent(payload.Span, output);
    }

    public void Undo() => writer.Cursor.IsFailureReported = false;
}

/// <summary>
/// Reports a gap and a failure in one operation, and marks the id. The gap alone has no id: a client that got only the gap would return
/// with a position that is known, and the failure would never be reported to it.
/// </summary>
internal readonly struct LossEvents(
    PositionedWriter writer, SsePosition next, ReadOnlyMemory<byte> gap, ReadOnlyMemory<byte> failed) : IWriteOperation
{
    private readonly SsePosition _before = writer.Cursor[0];

    public int Events => gap.IsEmpty ? 1 : 2;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        long bytes = gap.IsEmpty ? 0 : writer.WriteEvent(gap.Span, output);
        writer.Cursor.Move(0, next);
        writer.Cursor.IsFailureReported = true;
        return bytes + writer.WriteEvent(failed.Span, output);
    }

    public void Undo()
    {
        writer.Cursor.IsFailureReported = false;
        writer.MoveBack(0, _before);
    }
}

using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>A part of a page that was read from the store.</summary>
internal readonly struct SsePageFrames(SsePositionedWriter writer, int topicIndex, string epoch, ReadOnlyMemory<SseStoredEvent> events) : ISseFrame
{
    private readonly SsePosition _before = writer.Cursor[topicIndex];

    // The filter of event types.
    public static bool CallsOtherCode => true;

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteEvents(topicIndex, epoch, events.Span, output);

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

using System.Buffers;
using SseKit.Protocol;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>What follows a connection's position in the tail of a topic. Writes nothing where there is nothing.</summary>
internal readonly struct SseTailFrames(SsePositionedWriter writer, int topicIndex, SseTopic topic) : ISseFrame
{
    // One flush carries at most these (I8): a fast publisher must not fill one connection's pipe while others wait for a thread.
    private const int MaxEvents = 128;

    [ThreadStatic]
    private static SseStoredEvent[]? _events;

    public static bool HasManyPieces => true;

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        SseStoredEvent[] events = _events ??= new SseStoredEvent[MaxEvents];
        SsePosition position = writer.Cursor[topicIndex];
        int count = topic.ReadTail(position, events);
        long bytes = writer.WriteEvents(topicIndex, position.Epoch, events.AsSpan(0, count), output);
        events.AsSpan(0, count).Clear();
        return bytes;
    }
}

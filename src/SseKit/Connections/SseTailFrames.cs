using System.Buffers;
using SseKit.Protocol;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>What follows a connection's position in the tail of a topic. Writes nothing where there is nothing.</summary>
internal readonly struct SseTailFrames(SsePositionedWriter writer, int topicIndex, SseTopicSubscription subscription) : ISseFrame
{
    // One turn looks at no more than these (I8): a connection that wants few of them lets others have their turn.
    private const int MaxEvents = 128;

    private readonly SsePosition _before = writer.Cursor[topicIndex];

    // The filter of event types.
    public static bool CallsOtherCode => true;

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        // Of this call alone: a filter of the app's runs in the middle of it, and may run other connections' code on this thread.
        SseStoredEvent[] events = ArrayPool<SseStoredEvent>.Shared.Rent(MaxEvents);
        int count = subscription.Topic.ReadTail(subscription, _before, events.AsSpan(0, MaxEvents));
        long bytes = writer.WriteEvents(topicIndex, _before.Epoch, events.AsSpan(0, count), output);
        events.AsSpan(0, count).Clear();
        ArrayPool<SseStoredEvent>.Shared.Return(events);
        return bytes;
    }

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

using System.Buffers;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>A part of a page that was read from the store.</summary>
internal readonly struct PageOperation(
    PositionedWriter writer, int topicIndex, string epoch, ReadOnlyMemory<SseStoredEvent> events) : IWriteOperation
{
    private readonly SsePosition _before = writer.Cursor[topicIndex];

    // The filter of event types.
    public static bool CallsOtherCode => true;

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteEvents(topicIndex, epoch, events.Span, output);

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

/// <summary>Writes the events after a connection's position in the tail of a topic, if there are any.</summary>
internal readonly struct TailOperation(PositionedWriter writer, int topicIndex, TopicSubscription subscription) : IWriteOperation
{
    // The most events that one turn reads (I8), so that a connection whose filter removes most of them does not delay others.
    private const int MaxEvents = 128;

    private readonly SsePosition _before = writer.Cursor[topicIndex];

    // The filter of event types.
    public static bool CallsOtherCode => true;

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        // Belongs to this call alone: a filter of the app runs during the call, and may run code of other connections on this thread.
        SseStoredEvent[] events = ArrayPool<SseStoredEvent>.Shared.Rent(MaxEvents);
        int count = subscription.Topic.ReadTail(subscription, _before, events.AsSpan(0, MaxEvents));
        long bytes = writer.WriteEvents(topicIndex, _before.Epoch, events.AsSpan(0, count), output);
        events.AsSpan(0, count).Clear();
        ArrayPool<SseStoredEvent>.Shared.Return(events);
        return bytes;
    }

    public void Undo() => writer.MoveBack(topicIndex, _before);
}

/// <summary>
/// Writes the events after a connection's position in the tail of its one topic, as bytes that all such connections share.
/// </summary>
internal readonly struct BurstOperation(PositionedWriter writer, TopicSubscription subscription, BurstPart run) : IWriteOperation
{
    private readonly SsePosition _before = writer.Cursor[0];

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteBursts(subscription, run, output);

    public void Undo() => writer.MoveBack(0, _before);
}

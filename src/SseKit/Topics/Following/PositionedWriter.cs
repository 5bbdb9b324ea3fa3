using System.Buffers;
using SseKit.Connections;
using SseKit.Topics.EventIds;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>
/// Writes topic events, whose bytes all connections share, with the connection's own id, and moves the connection's position past them. A
/// flush that fails ends the connection and so its position (I3). Used inside the output's write lock.
/// </summary>
/// <param name="cursor">The connection's position.</param>
/// <param name="filter">The filter of event types; null for all.</param>
/// <param name="format">What is added to the events of the topics.</param>
/// <param name="skipTo">
/// The last event of the one topic that the client does not need, if it is still to come. Until then there are no ids: with one, a client
/// that reconnects would get what it does not need.
/// </param>
/// <param name="traces">Uses the trace contexts that events carry; null if the client needs none.</param>
internal sealed class PositionedWriter(
    Cursor cursor, EventTypeFilter? filter, SseFollowFormat format, long skipTo = 0, EventTraces? traces = null) : IHeartbeat
{
    // A flush begins no event beyond these bounds (I8). They limit the backlog of a client that does not read, and a connection with much
    // to read does not delay others.
    private const int MaxFlushBytes = 32 * 1024;

    private bool _positionIsUnsent;

    public Cursor Cursor { get; } = cursor;

    /// <summary>Whether events of SseKit's own report the opening, a gap and a failure.</summary>
    public bool HasControlEvents => format == SseFollowFormat.Full;

    /// <summary>Whether each event has the connection's position as its id.</summary>
    public bool HasIds => format != SseFollowFormat.Plain;

    /// <summary>Whether all connections that follow its one topic in this way get the same bytes.</summary>
    public bool SharesBursts => filter is null && traces is null && HasIds && !HasIdsFirst && Cursor.IsOfOneTopic && !IsSkipping;

    /// <summary>The number of events that the last call wrote.</summary>
    public int Events { get; private set; }

    /// <summary>Whether the position has passed events that the client does not get since its last id.</summary>
    public bool PositionIsUnsent => Volatile.Read(ref _positionIsUnsent);

    /// <summary>
    /// Whether the position has passed the head of a run since its last id. A client that resumes before the head misses nothing, but would
    /// reconnect again and again if nothing follows the head.
    /// </summary>
    public bool HeadIsUnsent { get; private set; }

    private bool IsSkipping => Cursor[0].Sequence < skipTo;

    // Whether the id precedes the data.
    private bool HasIdsFirst => format == SseFollowFormat.IdsFirst;

    bool? IHeartbeat.TryWrite(StreamOutput output) =>
        PositionIsUnsent ? output.TryWrite(new PositionedEvent(this, ControlEvents.Open)) : null;

    /// <summary>Writes as many events as one flush takes; the position shows how many.</summary>
    public long WriteEvents(int topic, string epoch, ReadOnlySpan<SseStoredEvent> events, IBufferWriter<byte> output)
    {
        long bytes = 0;
        Events = 0;

        // After a failover the position is of an earlier epoch, and there may be no event.
        Cursor.Move(topic, Cursor[topic] with { Epoch = epoch });
        foreach (ref readonly SseStoredEvent each in events)
        {
            if (bytes >= MaxFlushBytes)
            {
                break;
            }

            Cursor.Move(topic, new SsePosition(epoch, each.Sequence));
            ReadOnlySpan<byte> payload = each.Payload.Span;
            if (EventPayload.IsControl(payload))
            {
                HeadIsUnsent = HasIds && !IsSkipping;
                continue;
            }

            if (each.Sequence <= skipTo || (filter is not null && !filter.Accepts(EventPayload.EventType(payload))))
            {
                Volatile.Write(ref _positionIsUnsent, HasIds && !IsSkipping);
                continue;
            }

            ReadOnlyMemory<byte> frame = EventPayload.Frame(each.Payload);
            bytes += (traces?.Write(payload, output) ?? 0) + WriteStart(output);
            WriteShared(output, frame);
            bytes += frame.Length + WriteEnd(output);
            Events++;
        }

        return bytes;
    }

    /// <summary>Writes a part of the topic's tail that all such connections share, and the parts that follow it.</summary>
    public long WriteBursts(TopicSubscription subscription, BurstPart run, IBufferWriter<byte> output)
    {
        long bytes = 0;
        Events = 0;
        while (run.Events > 0)
        {
            Cursor.Move(0, Cursor[0] with { Sequence = Cursor[0].Sequence + run.Events });
            WriteShared(output, run.Bytes);
            Events += run.Events;
            bytes += run.Bytes.Length;
            IdIsSent();
            run = bytes < MaxFlushBytes ? subscription.Topic.ReadBurst(subscription, Cursor[0]) : default;
        }

        return bytes;
    }

    /// <summary>Moves a position back to where it was before a frame that could not be written (I3).</summary>
    public void MoveBack(int topic, SsePosition position)
    {
        Cursor.Move(topic, position);

        // The position of the frame is unsent again.
        Volatile.Write(ref _positionIsUnsent, HasIds);
    }

    /// <summary>Writes an event that is not of the topics, with the position.</summary>
    /// <param name="payload">The event up to the end of its data.</param>
    /// <param name="output">The stream.</param>
    public long WriteEvent(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        int start = WriteStart(output);
        output.Write(payload);
        return start + payload.Length + WriteEnd(output);
    }

    // Topics never change bytes that they have returned.
    private static void WriteShared(IBufferWriter<byte> output, ReadOnlyMemory<byte> bytes)
    {
        if (output is FrameBuffer frames)
        {
            frames.WriteShared(bytes);
        }
        else
        {
            output.Write(bytes.Span);
        }
    }

    private int WriteStart(IBufferWriter<byte> output)
    {
        if (!HasIdsFirst)
        {
            return 0;
        }

        Span<byte> start = output.GetSpan(EventIdLine.MaxLength);
        int length = EventIdLine.Complete(start, WriteId(EventIdLine.Id(start))) - EventIdLine.BlankLine;
        output.Advance(length);
        return length;
    }

    // The id is the last line of an event, before the blank line, unless it was the first.
    private int WriteEnd(IBufferWriter<byte> output)
    {
        Span<byte> end = output.GetSpan(EventIdLine.MaxLength);
        int length = EventIdLine.Complete(end, HasIds && !HasIdsFirst ? WriteId(EventIdLine.Id(end)) : 0);
        output.Advance(length);
        return length;
    }

    private int WriteId(Span<byte> id)
    {
        IdIsSent();
        return IsSkipping ? 0 : Cursor.WriteId(id);
    }

    private void IdIsSent()
    {
        Volatile.Write(ref _positionIsUnsent, false);
        HeadIsUnsent = false;
    }
}

using System.Buffers;
using SseKit.Protocol;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>
/// Writes topic events with the connection's id beside the bytes that all connections share, and moves the connection's position past them
/// (I3: a flush that fails ends the connection, so no position outlives it). Used inside the output's gate.
/// </summary>
/// <param name="cursor">The connection's position.</param>
/// <param name="filter">Which events the client wants; null for all.</param>
/// <param name="plain">Whether the client gets events alone, without ids and notices.</param>
internal sealed class SsePositionedWriter(SseCursor cursor, SseEventTypeFilter? filter, bool plain)
{
    private bool _positionIsUnsaid;

    public SseCursor Cursor { get; } = cursor;

    /// <summary>Whether the client gets events alone, without ids and notices.</summary>
    public bool IsPlain => plain;

    /// <summary>How many events the last call wrote.</summary>
    public int Events { get; private set; }

    /// <summary>Whether the client does not know the position yet: what it does not get has passed since the last id.</summary>
    public bool PositionIsUnsaid => Volatile.Read(ref _positionIsUnsaid);

    public long WriteEvents(int topic, string epoch, ReadOnlySpan<SseStoredEvent> events, IBufferWriter<byte> output)
    {
        long bytes = 0;
        Events = 0;
        foreach (ref readonly SseStoredEvent each in events)
        {
            Cursor.Move(topic, new SsePosition(epoch, each.Sequence));
            ReadOnlySpan<byte> payload = each.Payload.Span;
            if (SsePayload.IsSilence(payload) || (filter is not null && !filter.Wants(SsePayload.EventType(payload))))
            {
                Volatile.Write(ref _positionIsUnsaid, !plain);
                continue;
            }

            bytes += WriteId(output) + payload.Length;
            output.Write(payload);
            Events++;
        }

        return bytes;
    }

    /// <summary>Writes an event of SseKit's own, with the position.</summary>
    public long WriteNotice(string eventType, TimeSpan? retry, string data, IBufferWriter<byte> output)
    {
        Events = 0;
        if (plain)
        {
            return 0;
        }

        long bytes = WriteId(output);
        Events = 1;
        var item = new System.Net.ServerSentEvents.SseItem<string>(data, eventType) { ReconnectionInterval = retry };
        return bytes + new SseTextEvent(SseEventFields.ForItem(item), data).WriteTo(output, SseEventSize.Default);
    }

    private int WriteId(IBufferWriter<byte> output)
    {
        if (plain)
        {
            return 0;
        }

        ReadOnlySpan<byte> prefix = "id: "u8;
        Volatile.Write(ref _positionIsUnsaid, false);
        Span<byte> line = output.GetSpan(prefix.Length + SseCursor.MaxIdLength + 1);
        int length = Cursor.WriteId(line[prefix.Length..]);
        if (length == 0)
        {
            return 0;
        }

        prefix.CopyTo(line);
        line[prefix.Length + length] = (byte)'\n';
        output.Advance(prefix.Length + length + 1);
        return prefix.Length + length + 1;
    }
}

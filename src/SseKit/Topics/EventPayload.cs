using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>
/// An event as topics keep it: its frame up to the end of its data, encoded once for all clients. The id line, which differs between
/// clients, and the blank line follow on the wire. The event type, if there is one, comes first.
/// </summary>
internal static class EventPayload
{
    /// <summary>Begins an entry that is no event and that no client gets, such as the head of a run. No frame begins with it.</summary>
    public const byte ControlMark = 0;

    // Begins an event that carries the trace context of its publish: the mark, a traceparent of W3C and a line feed. No frame begins with
    // it, and no client gets it.
    private const byte TraceMark = 1;
    private const int TraceParentLength = 55;
    private const int TraceLength = 1 + TraceParentLength + 1;

    private const int BlankLine = 1;

    private static ReadOnlySpan<byte> EventPrefix => "event: "u8;

    private static ReadOnlySpan<byte> DataPrefix => "data: "u8;

    /// <param name="frame">The event.</param>
    /// <param name="maxEventSize">The most bytes of its data.</param>
    /// <param name="traceParent">The trace context of the publish; null for none.</param>
    public static ReadOnlyMemory<byte> Encode<TFrame>(TFrame frame, int maxEventSize, string? traceParent = null)
        where TFrame : struct, IWriteOperation
    {
        // The frame is the only allocation of a publish: it is encoded in a shared buffer, and copied when its size is known.
        var scratch = FrameBuffer.Rent();
        if (traceParent is { Length: TraceParentLength })
        {
            Span<byte> trace = scratch.GetSpan(TraceLength);
            trace[0] = TraceMark;
            Encoding.ASCII.GetBytes(traceParent, trace[1..]);
            trace[TraceLength - 1] = (byte)'\n';
            scratch.Advance(TraceLength);
        }

        frame.WriteTo(scratch, maxEventSize);
        ReadOnlyMemory<byte> payload = scratch.ToArray().AsMemory()[..^BlankLine];
        FrameBuffer.Return(scratch);
        return payload;
    }

    /// <summary>Adds a line of data, which has no line break, to the data of an event.</summary>
    public static void AddData(IBufferWriter<byte> data, ReadOnlySpan<byte> line)
    {
        data.Write(DataPrefix);
        data.Write(line);
        data.Write("\n"u8);
    }

    /// <summary>Composes an event of lines that are encoded already.</summary>
    /// <param name="eventType">The event type; empty for the default type.</param>
    /// <param name="retryMilliseconds">The retry time; null for none.</param>
    /// <param name="data">What <see cref="AddData"/> has written.</param>
    public static ReadOnlyMemory<byte> Compose(
        ReadOnlySpan<byte> eventType, long? retryMilliseconds, ReadOnlySpan<byte> data)
    {
        string retry = retryMilliseconds is { } milliseconds ? FormattableString.Invariant($"retry: {milliseconds}\n") : "";
        int typeLine = eventType.IsEmpty ? 0 : EventPrefix.Length + eventType.Length + 1;
        byte[] payload = new byte[typeLine + retry.Length + data.Length];
        if (typeLine > 0)
        {
            EventPrefix.CopyTo(payload);
            eventType.CopyTo(payload.AsSpan(EventPrefix.Length));
            payload[typeLine - 1] = (byte)'\n';
        }

        Encoding.ASCII.GetBytes(retry, payload.AsSpan(typeLine));
        data.CopyTo(payload.AsSpan(typeLine + retry.Length));
        return payload;
    }

    /// <summary>The event as clients get it, without its trace context.</summary>
    public static ReadOnlyMemory<byte> Frame(ReadOnlyMemory<byte> payload) => HasTrace(payload.Span) ? payload[TraceLength..] : payload;

    /// <summary>The trace context of the publish, which is not validated; empty if there is none.</summary>
    public static ReadOnlySpan<byte> TraceParent(ReadOnlySpan<byte> payload) =>
        HasTrace(payload) ? payload.Slice(1, TraceParentLength) : [];

    /// <summary>The event type's bytes; empty for the default type.</summary>
    public static ReadOnlySpan<byte> EventType(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> frame = HasTrace(payload) ? payload[TraceLength..] : payload;
        return frame.StartsWith(EventPrefix) ? frame[EventPrefix.Length..frame.IndexOf((byte)'\n')] : [];
    }

    public static bool IsControl(ReadOnlySpan<byte> payload) => payload is [ControlMark, ..];

    public static SseItem<string> Decode(ReadOnlySpan<byte> payload, string eventId)
    {
        ReadOnlySpan<byte> eventType = EventType(payload);
        List<string> lines = [];
        foreach (Range range in payload.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = payload[range];
            if (line.StartsWith(DataPrefix))
            {
                lines.Add(Encoding.UTF8.GetString(line[DataPrefix.Length..]));
            }
        }

        string? type = eventType.IsEmpty ? null : Encoding.UTF8.GetString(eventType);
        return new SseItem<string>(string.Join('\n', lines), type) { EventId = eventId };
    }

    private static bool HasTrace(ReadOnlySpan<byte> payload) => payload.Length >= TraceLength && payload[0] == TraceMark;
}

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

    private const int BlankLine = 1;

    private static ReadOnlySpan<byte> EventPrefix => "event: "u8;

    private static ReadOnlySpan<byte> DataPrefix => "data: "u8;

    public static ReadOnlyMemory<byte> Encode<TFrame>(TFrame frame, int maxEventSize)
        where TFrame : struct, IWriteOperation
    {
        // The frame is the only allocation of a publish: it is encoded in a shared buffer, and copied when its size is known.
        var scratch = FrameBuffer.Rent();
        frame.WriteTo(scratch, maxEventSize);
        ReadOnlyMemory<byte> payload = scratch.ToArray().AsMemory()[..^BlankLine];
        FrameBuffer.Return(scratch);
        return payload;
    }

    /// <summary>The event type's bytes; empty for the default type.</summary>
    public static ReadOnlySpan<byte> EventType(ReadOnlySpan<byte> payload) => payload.StartsWith(EventPrefix)
        ? payload[EventPrefix.Length..payload.IndexOf((byte)'\n')]
        : [];

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
}

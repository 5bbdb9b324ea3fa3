using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// An event of SseKit's own that carries the connection's position. It has data, because Firefox ignores an id in a block without, and
/// JSON, because
/// clients with one callback parse the data of every event.
/// </summary>
internal readonly struct SseOpenNotice(SsePositionedWriter writer) : ISseFrame
{
    public int Events => writer.Events;

    private static ReadOnlySpan<byte> Payload => "event: ssekit.open\ndata: {}\n"u8;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteNotice(Payload, output);
}

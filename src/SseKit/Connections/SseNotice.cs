using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// An event of SseKit's own that carries the connection's position. It has data, because Firefox ignores an id in a block without, and a
/// reserved type, which only those hear who ask for it.
/// </summary>
internal readonly struct SseNotice(SsePositionedWriter writer, string eventType, TimeSpan? retry, string data) : ISseFrame
{
    public const string Open = "ssekit.open";

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteNotice(eventType, retry, data, output);
}

using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// Says that what fed the topics has failed, and marks the id in one go: a heartbeat in between could give the client an id that claims to know.
/// </summary>
internal readonly struct SseFailureNotice(SsePositionedWriter writer) : ISseFrame
{
    public int Events => writer.Events;

    private static ReadOnlySpan<byte> Payload => "event: ssekit.failed\ndata: {}\n"u8;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.IsFailureTold = true;
        return writer.WriteNotice(Payload, output);
    }

    public void Undo() => writer.Cursor.IsFailureTold = false;
}

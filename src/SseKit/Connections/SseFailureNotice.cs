using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>
/// Says that what fed the topics has failed, and marks the id in one go: a heartbeat in between could give the client an id that claims to know.
/// </summary>
internal readonly struct SseFailureNotice(SsePositionedWriter writer) : ISseFrame
{
    private const string Failed = "ssekit.failed";

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        writer.Cursor.IsFailureTold = true;
        return writer.WriteNotice(Failed, retry: null, "{}", output);
    }

    public void Undo() => writer.Cursor.IsFailureTold = false;
}

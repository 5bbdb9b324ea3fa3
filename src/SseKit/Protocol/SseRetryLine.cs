using System.Buffers;

namespace SseKit.Protocol;

/// <summary>A reconnection interval without an event.</summary>
internal readonly struct SseRetryLine(long milliseconds) : ISseFrame
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => SseFrame.WriteRetry(output, milliseconds);
}

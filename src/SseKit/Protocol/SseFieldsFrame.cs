using System.Buffers;

namespace SseKit.Protocol;

/// <summary>An id or a retry without an event.</summary>
internal readonly struct SseFieldsFrame(SseEventFields fields) : ISseFrame
{
    public int Events => 0;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => SseFrame.WriteFieldsOnly(output, fields);
}

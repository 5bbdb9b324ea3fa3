using System.Buffers;
using System.Text;

namespace SseKit.Protocol;

/// <summary>An event whose data is a string, written as it is.</summary>
internal readonly struct SseTextEvent(SseEventFields fields, string data) : ISseFrame
{
    private const int MaxUtf8BytesPerChar = 3;

    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        if (data.Length > maxEventSize / MaxUtf8BytesPerChar)
        {
            SseEventSize.Check(Encoding.UTF8.GetByteCount(data), maxEventSize);
        }

        return SseFrame.WriteEvent(output, fields, data);
    }
}

using System.Buffers;
using System.Text.Json;

namespace SseKit.Protocol;

/// <summary>An event whose data is any value: strings and UTF-8 bytes as they are, everything else as JSON.</summary>
internal readonly struct SseValueEvent<T>(SseEventFields fields, T data, JsonSerializerOptions jsonOptions) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        if (data is string text)
        {
            return new SseTextEvent(fields, text).WriteTo(output, maxEventSize);
        }

        if (data is byte[] bytes)
        {
            return new SseUtf8Event(fields, bytes).WriteTo(output, maxEventSize);
        }

        if (data is ReadOnlyMemory<byte> memory)
        {
            return new SseUtf8Event(fields, memory).WriteTo(output, maxEventSize);
        }

        if (data is Memory<byte> writableMemory)
        {
            return new SseUtf8Event(fields, writableMemory).WriteTo(output, maxEventSize);
        }

        SseNestedItem.Check<T>(nameof(data));
        return new SseJsonEvent<T>(fields, data, SseJsonMetadata.For(data, jsonOptions)).WriteTo(output, maxEventSize);
    }
}

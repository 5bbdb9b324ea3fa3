using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SseKit.Protocol;

/// <summary>An event whose data is a value, written as JSON.</summary>
internal readonly struct SseJsonEvent<T>(SseEventFields fields, T data, JsonTypeInfo<T> typeInfo) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        // A serializer may throw midway, so it writes beside the stream first.
        SseJsonScratch scratch = SseJsonScratch.Rent(typeInfo.Options);
        try
        {
            JsonSerializer.Serialize(scratch.Writer, data, typeInfo);
            scratch.Writer.Flush();
            SseEventSize.Check(scratch.Written.Length, maxEventSize);

            // Indented JSON and raw values of converters hold line breaks, so JSON is split into lines like any other data.
            return SseFrame.WriteEvent(output, fields, scratch.Written);
        }
        finally
        {
            scratch.Return();
        }
    }
}

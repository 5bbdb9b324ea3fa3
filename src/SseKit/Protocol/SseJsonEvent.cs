using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SseKit.Protocol;

/// <summary>An event whose data is a value, written as JSON.</summary>
internal readonly struct SseJsonEvent<T>(SseEventFields fields, T data, JsonTypeInfo typeInfo) : ISseFrame
{
    public int Events => 1;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        // A serializer may throw midway, so it writes beside the stream first.
        SseJsonScratch scratch = SseJsonScratch.Rent(typeInfo.Options);
        try
        {
            Serialize(scratch.Writer);
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

    // The metadata may be that of a type derived from T.
    private void Serialize(Utf8JsonWriter writer)
    {
        if (typeInfo is JsonTypeInfo<T> declared)
        {
            JsonSerializer.Serialize(writer, data, declared);
        }
        else
        {
            JsonSerializer.Serialize(writer, data, typeInfo);
        }
    }
}

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
        // A serializer may throw midway, and a converter may keep the writer. So it writes beside the stream first, and a scratch that it
        // threw over is not used again.
        SseJsonScratch scratch = SseJsonScratch.Rent(typeInfo.Options);
        Serialize(scratch.Writer);
        scratch.Writer.Flush();
        SseEventSize.Check(scratch.Written.Length, maxEventSize);

        // Indented JSON and raw values of converters hold line breaks, so JSON is split into lines like any other data.
        long bytes = SseFrame.WriteEvent(output, fields, scratch.Written);
        scratch.Return();
        return bytes;
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

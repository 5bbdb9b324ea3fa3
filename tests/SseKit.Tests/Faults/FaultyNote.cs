using System.Text.Json;
using System.Text.Json.Serialization;

namespace SseKit.Tests.Faults;

/// <summary>An event's data, whose converter throws after it has written half of it.</summary>
[JsonConverter(typeof(Converter))]
public sealed record FaultyNote(FaultyCase Stream, int Number)
{
    public sealed class Converter : JsonConverter<FaultyNote>
    {
        public override FaultyNote Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, FaultyNote value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("name", value.Stream.Name);
            if (value.Number == value.Stream.At)
            {
                value.Stream.ThrowIf(Fault.Converter);
            }

            writer.WriteNumber("number", value.Number);
            writer.WriteEndObject();
        }
    }
}

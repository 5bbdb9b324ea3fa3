using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SseKit.Writing;

/// <summary>
/// Holds a value as JSON. It belongs to one call from <see cref="Serialize"/> to <see cref="Return"/>. A call that fails does not return
/// it, because a converter may throw midway and keep the writer.
/// </summary>
internal sealed class JsonScratch
{
    private const int InitialCapacity = 1024;

    // The buffer of one huge event must not stay allocated for the life of the process (I8).
    private const int MaxKeptCapacity = 64 * 1024;

    private static readonly BufferPool<JsonScratch> Pool = new();

    private readonly ArrayBufferWriter<byte> _buffer = new(InitialCapacity);
    private readonly JsonSerializerOptions _options;

    private JsonScratch(JsonSerializerOptions options)
    {
        _options = options;
        Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions
        {
            Encoder = options.Encoder,
            Indented = options.WriteIndented,
            IndentCharacter = options.IndentCharacter,
            IndentSize = options.IndentSize,
            NewLine = options.NewLine,
            MaxDepth = options.MaxDepth,
            SkipValidation = true,
        });
    }

    private Utf8JsonWriter Writer { get; }

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Serializes a value. The metadata may be that of a type derived from <typeparamref name="T"/>.</summary>
    public static JsonScratch Serialize<T>(T value, JsonTypeInfo typeInfo)
    {
        JsonScratch scratch = Rent(typeInfo.Options);
        if (typeInfo is JsonTypeInfo<T> declared)
        {
            JsonSerializer.Serialize(scratch.Writer, value, declared);
        }
        else
        {
            JsonSerializer.Serialize(scratch.Writer, value, typeInfo);
        }

        scratch.Writer.Flush();
        return scratch;
    }

    public void Return()
    {
        if (_buffer.Capacity > MaxKeptCapacity)
        {
            return;
        }

        _buffer.ResetWrittenCount();
        Writer.Reset();
        Pool.Return(this);
    }

    private static JsonScratch Rent(JsonSerializerOptions options)
    {
        JsonScratch? kept = Pool.TryRent();
        return kept?._options == options ? kept : new JsonScratch(options);
    }
}

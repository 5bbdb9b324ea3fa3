using System.Buffers;
using System.Text.Json;

namespace SseKit.Protocol;

/// <summary>
/// A buffer and a JSON writer, kept for each thread: serializing is synchronous, so no connection needs one of its own.
/// </summary>
internal sealed class SseJsonScratch
{
    private const int InitialCapacity = 1024;

    // One huge event must not pin its buffer for the life of the thread.
    private const int MaxKeptCapacity = 64 * 1024;

    [ThreadStatic]
    private static SseJsonScratch? _cached;

    private readonly ArrayBufferWriter<byte> _buffer = new(InitialCapacity);
    private readonly JsonSerializerOptions _options;

    private SseJsonScratch(JsonSerializerOptions options)
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

    public Utf8JsonWriter Writer { get; }

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public static SseJsonScratch Rent(JsonSerializerOptions options)
    {
        SseJsonScratch? cached = _cached;
        if (cached is null || cached._options != options)
        {
            return new SseJsonScratch(options);
        }

        // A converter that writes an event of its own must not find this scratch in use.
        _cached = null;
        return cached;
    }

    public void Return()
    {
        if (_buffer.Capacity > MaxKeptCapacity)
        {
            return;
        }

        _buffer.ResetWrittenCount();
        Writer.Reset();
        _cached = this;
    }
}

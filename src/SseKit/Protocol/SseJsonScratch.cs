using System.Buffers;
using System.Text.Json;

namespace SseKit.Protocol;

/// <summary>
/// A buffer and a JSON writer. It belongs to one call from <see cref="Rent"/> to <see cref="Return"/>; a call that fails returns none.
/// </summary>
internal sealed class SseJsonScratch
{
    private const int InitialCapacity = 1024;

    // One huge event must not pin its buffer for the life of the process (I8).
    private const int MaxKeptCapacity = 64 * 1024;

    private static readonly SsePool<SseJsonScratch> Pool = new();

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
        SseJsonScratch? kept = Pool.TryRent();
        return kept?._options == options ? kept : new SseJsonScratch(options);
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
}

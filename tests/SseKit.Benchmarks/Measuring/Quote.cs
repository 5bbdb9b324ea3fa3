using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace SseKit.Benchmarks.Measuring;

/// <summary>A small value, as an app would send it.</summary>
internal sealed record Quote(string Symbol, double Price, int Volume)
{
    public static void FormatJson(SseItem<Quote> item, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, item.Data, JsonSerializerOptions.Web);
    }
}

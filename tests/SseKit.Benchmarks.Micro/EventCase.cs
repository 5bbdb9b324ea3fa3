using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Micro;

/// <summary>One shape of event and the ways to write many of it.</summary>
internal abstract class EventCase
{
    public static EventCase Of(EventShape shape) => shape switch
    {
        EventShape.ShortText => Text(new SseItem<string>("tick 12345")),
        EventShape.MultiLine => Text(new SseItem<string>("The first line of three,\nthe second\nand the third.")),
        EventShape.OneKilobyte => Text(new SseItem<string>(new string('x', 1024))),
        EventShape.Json => new EventCase<Quote>(
            new SseItem<Quote>(new Quote("ACME", 42.5, 1200)), static (events, item) => events.WriteAsync(item.Data), Quote.FormatJson),
        EventShape.IdAndType => new EventCase<string>(
            new SseItem<string>("tick 12345", "price") { EventId = "1700000000-42" }, static (events, item) => events.WriteAsync(item),
            FormatText),
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    /// <summary>Each event written and flushed by itself.</summary>
    public abstract Task WriteEachAsync(SseEventWriter events, int count);

    /// <summary>The events of an iterator, with as many for one flush as the writer decides.</summary>
    public abstract Task WriteAllAsync(SseEventWriter events, int count);

    /// <summary>The events of the same iterator, by the class that the framework's result uses.</summary>
    public abstract Task FormatAllAsync(Stream output, int count);

    private static EventCase<string> Text(SseItem<string> item) =>
        new(item, static (events, item) => events.WriteAsync(item.Data), FormatText);

    private static void FormatText(SseItem<string> item, IBufferWriter<byte> output) =>
        Encoding.UTF8.GetBytes(item.Data, output);
}

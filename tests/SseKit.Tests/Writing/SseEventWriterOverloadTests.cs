using System.Net.ServerSentEvents;

namespace SseKit.Tests.Writing;

/// <summary>The simplest call compiles and has the expected meaning.</summary>
public sealed class SseEventWriterOverloadTests
{
    private static readonly Quote Acme = new("ACME", 42.5m);

    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public SseEventWriterOverloadTests() => _events = new SseEventWriter(_output);

    [Fact]
    public async Task Utf8_bytes_need_no_event_type()
    {
        ReadOnlyMemory<byte> data = "tick"u8.ToArray();

        await _events.WriteAsync(data);
        await _events.WriteAsync(data, CancellationToken.None);

        Assert.Equal("data: tick\n\ndata: tick\n\n", _output.Text);
    }

    [Fact]
    public async Task A_source_of_items_needs_neither_event_type_nor_token()
    {
        await _events.WriteAllAsync(Items());
        await _events.WriteAllAsync(Items(), CancellationToken.None);

        string once = "event: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\n\n";
        Assert.Equal(once + once, _output.Text);

        static IAsyncEnumerable<SseItem<Quote>> Items() => new[] { new SseItem<Quote>(Acme, "quote") }.ToAsyncEnumerable();
    }

    [Fact]
    public async Task A_source_of_values_needs_neither_event_type_nor_token()
    {
        await _events.WriteAllAsync(Values());
        await _events.WriteAllAsync(Values(), CancellationToken.None);
        await _events.WriteAllAsync(Values(), "quote");
        await _events.WriteAllAsync(new[] { "tick" }.ToAsyncEnumerable());

        string once = "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n";
        Assert.Equal(once + once + "event: quote\n" + once + "data: tick\n\n", _output.Text);

        static IAsyncEnumerable<Quote> Values() => new[] { Acme }.ToAsyncEnumerable();
    }

    [Fact]
    public async Task Write_all_takes_an_array_of_values()
    {
        string[] words = ["a", "b"];

        await _events.WriteAllAsync(words);
        await _events.WriteAllAsync(words, CancellationToken.None);
        await _events.WriteAllAsync(words, "word");
        await _events.WriteAllAsync(new[] { Acme });

        string once = "data: a\n\ndata: b\n\n";
        string typed = "event: word\ndata: a\n\nevent: word\ndata: b\n\n";
        Assert.Equal(once + once + typed + "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n", _output.Text);
    }

    [Fact]
    public async Task Writable_memory_of_bytes_is_written_raw()
    {
        Memory<byte> data = "tick"u8.ToArray();

        await _events.WriteAsync(data);
        await _events.WriteAsync(data, "clock");

        Assert.Equal("data: tick\n\nevent: clock\ndata: tick\n\n", _output.Text);
    }

    [Fact]
    public async Task An_item_is_never_written_as_data()
    {
        var item = new SseItem<Quote>(Acme, "quote");

        Exception? withType = await Record.ExceptionAsync(async () => await _events.WriteAsync(item, "other"));
        Exception? generic = await Record.ExceptionAsync(async () => await WriteGenericAsync(item));
        Exception? nested = await Record.ExceptionAsync(async () => await _events.WriteAsync(new SseItem<SseItem<Quote>>(item)));
        Exception? nestedSource = await Record.ExceptionAsync(async () => await _events.WriteAllAsync([new SseItem<SseItem<Quote>>(item)]));
        Exception? typedSource = await Record.ExceptionAsync(async () => await _events.WriteAllAsync(Items(), "other"));
        Exception? typedArray = await Record.ExceptionAsync(async () => await _events.WriteAllAsync(new[] { item }, "other"));
        Exception? genericSource = await Record.ExceptionAsync(async () => await WriteAllGenericAsync(Items()));

        Assert.All(
            [withType, generic, nested, nestedSource, typedSource, typedArray, genericSource],
            exception => Assert.Contains("SseItem<T> already", Assert.IsType<ArgumentException>(exception).Message));
        Assert.Equal("", _output.Text);

        ValueTask WriteGenericAsync<T>(T data) => _events.WriteAsync(data);
        ValueTask WriteAllGenericAsync<T>(IAsyncEnumerable<T> items) => _events.WriteAllAsync(items);
        IAsyncEnumerable<SseItem<Quote>> Items() => new[] { item }.ToAsyncEnumerable();
    }
}

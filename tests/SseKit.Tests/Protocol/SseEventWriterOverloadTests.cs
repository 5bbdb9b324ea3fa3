using System.Net.ServerSentEvents;

namespace SseKit.Tests.Protocol;

/// <summary>The plainest call compiles, and means what its reader expects.</summary>
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
}

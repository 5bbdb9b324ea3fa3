using System.Net.ServerSentEvents;

namespace SseKit.Tests.Writing;

/// <summary>I6: values are checked once, at the edge, and nothing is written if one is refused.</summary>
public sealed class SseEventWriterRefusalTests
{
    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public SseEventWriterRefusalTests() => _events = new SseEventWriter(_output);

    [Theory]
    [InlineData("a\rb", "CR (U+000D) at position 1")]
    [InlineData("a\nb", "LF (U+000A) at position 1")]
    [InlineData("clock\r\ndata: forged", "CR (U+000D) at position 5")]
    [InlineData("\0", "NUL (U+0000) at position 0")]
    public async Task An_invalid_event_type_is_refused_by_every_method(string eventType, string reason)
    {
        var quote = new Quote("ACME", 42.5m);

        await AssertRefusedAsync(() => _events.WriteAsync("x", eventType), reason);
        await AssertRefusedAsync(() => _events.WriteAsync((ReadOnlyMemory<byte>)"x"u8.ToArray(), eventType), reason);
        await AssertRefusedAsync(() => _events.WriteAsync("x"u8.ToArray(), eventType), reason);
        await AssertRefusedAsync(() => _events.WriteAsync(quote, eventType), reason);
        await AssertRefusedAsync(() => _events.WriteAsync(quote, QuoteJson.Default.Quote, eventType), reason);
        await AssertRefusedAsync(() => _events.WriteAllAsync(new[] { 1 }.ToAsyncEnumerable(), eventType), reason);
    }

    [Fact]
    public async Task An_item_with_NUL_in_its_type_is_refused() =>
        await AssertItemRefusedAsync(new SseItem<string>("x", "a\0"), "NUL (U+0000) at position 1");

    [Theory]
    [InlineData("a\0", "NUL (U+0000) at position 1")]
    [InlineData("é", "U+00E9 at position 0")]
    [InlineData("東京", "U+6771 at position 0")]
    [InlineData("a\tb", "U+0009 at position 1")]
    [InlineData("del\u007f", "U+007F at position 3")]
    [InlineData(" a", "must not start or end with a space, but has one at position 0")]
    [InlineData("a ", "must not start or end with a space, but has one at position 1")]
    [InlineData(" ", "must not start or end with a space, but has one at position 0")]
    public async Task An_id_that_clients_cannot_return_is_refused(string eventId, string reason)
    {
        await AssertRefusedAsync(() => _events.WriteEventIdAsync(eventId), reason);
        await AssertItemRefusedAsync(new SseItem<string>("x") { EventId = eventId }, reason);
    }

    [Theory]
    [InlineData("a\rb", "CR (U+000D) at position 1")]
    [InlineData("a\nb", "LF (U+000A) at position 1")]
    public async Task An_id_of_several_lines_is_refused(string eventId, string reason) =>
        await AssertRefusedAsync(() => _events.WriteEventIdAsync(eventId), reason);

    [Fact]
    public async Task An_id_of_129_characters_is_refused()
    {
        string eventId = new('a', 129);

        await AssertRefusedAsync(() => _events.WriteEventIdAsync(eventId), "at most 128 characters, but has 129");
        await AssertItemRefusedAsync(
            new SseItem<string>("x") { EventId = eventId }, "at most 128 characters, but has 129");
    }

    [Theory]
    [InlineData(0, "1 to 2147483647 milliseconds")]
    [InlineData(-TimeSpan.TicksPerSecond, "1 to 2147483647 milliseconds")]
    [InlineData((int.MaxValue + 1L) * TimeSpan.TicksPerMillisecond, "1 to 2147483647 milliseconds")]
    [InlineData(long.MaxValue - (long.MaxValue % TimeSpan.TicksPerMillisecond), "1 to 2147483647 milliseconds")]
    [InlineData(1, "a whole number of milliseconds")]
    [InlineData(TimeSpan.TicksPerSecond + 1, "a whole number of milliseconds")]
    [InlineData(-TimeSpan.TicksPerMillisecond / 2, "a whole number of milliseconds")]
    public async Task A_retry_out_of_bounds_is_refused(long ticks, string reason)
    {
        var retry = TimeSpan.FromTicks(ticks);

        await AssertRefusedAsync(() => _events.WriteRetryAsync(retry), reason);
        if (retry >= TimeSpan.Zero)
        {
            await AssertItemRefusedAsync(new SseItem<string>("x") { ReconnectionInterval = retry }, reason);
        }
    }

    [Fact]
    public async Task A_missing_value_is_refused()
    {
        await AssertRefusedAsync(() => _events.WriteAsync((string)null!), "data");
        await AssertRefusedAsync(() => _events.WriteAsync((string)null!, "clock"), "data");
        await AssertRefusedAsync(() => _events.WriteCommentAsync(null!), "comment");
        await AssertRefusedAsync(() => _events.WriteEventIdAsync(null!), "eventId");
        await AssertRefusedAsync(() => _events.WriteAsync(1, jsonTypeInfo: null!), "jsonTypeInfo");
        await AssertRefusedAsync(() => _events.WriteAllAsync((IEnumerable<SseItem<int>>)null!), "items");
        await AssertRefusedAsync(() => _events.WriteAllAsync((IAsyncEnumerable<SseItem<int>>)null!), "items");
        await AssertRefusedAsync(() => _events.WriteAllAsync((IAsyncEnumerable<int>)null!), "items");
        await AssertRefusedAsync(() => _events.WriteAllAsync((IEnumerable<int>)null!), "items");
    }

    [Fact]
    public async Task A_serializer_that_throws_midway_writes_nothing()
    {
        Exception? exception = await Record.ExceptionAsync(() => _events.WriteAsync(new HalfWritten()).AsTask());
        await _events.WriteAsync(new { Next = 1 });

        Assert.IsType<TimeZoneNotFoundException>(exception);
        Assert.Equal("data: {\"next\":1}\n\n", _output.Text);
    }

    [Fact]
    public async Task A_value_that_json_cannot_express_writes_nothing()
    {
        Exception? exception = await Record.ExceptionAsync(() => _events.WriteAsync(new { Before = 1, Value = double.NaN }).AsTask());
        await _events.WriteAsync(new { Next = 1 });

        Assert.IsType<ArgumentException>(exception);
        Assert.Equal("data: {\"next\":1}\n\n", _output.Text);
    }

    [Fact]
    public async Task A_type_without_metadata_is_refused()
    {
        var events = new SseEventWriter(_output, QuoteJson.Default.Options);

        Exception? exception = await Record.ExceptionAsync(() => events.WriteAsync(new { A = 1 }).AsTask());
        await events.WriteAsync(new Quote("ACME", 1));

        Assert.IsType<NotSupportedException>(exception);
        Assert.Equal("data: {\"symbol\":\"ACME\",\"price\":1}\n\n", _output.Text);
    }

    [Fact]
    public async Task Events_before_a_refused_one_are_flushed()
    {
        SseItem<string>[] items = [new("one"), new("two", "\0"), new("three")];

        Exception? exception = await Record.ExceptionAsync(() => _events.WriteAllAsync(items).AsTask());

        Assert.IsType<ArgumentException>(exception);
        Assert.Equal("data: one\n\n", _output.FlushedText);
        Assert.Equal("data: one\n\n", _output.Text);
    }

    private async Task AssertItemRefusedAsync(SseItem<string> item, string reason)
    {
        await AssertRefusedAsync(() => _events.WriteAsync(item), reason);
        await AssertRefusedAsync(() => _events.WriteAsync(item, QuoteJson.Default.String), reason);
        await AssertRefusedAsync(() => _events.WriteAllAsync([item]), reason);
        await AssertRefusedAsync(() => _events.WriteAllAsync(new[] { item }.ToAsyncEnumerable()), reason);
    }

    private async Task AssertRefusedAsync(Func<ValueTask> write, string reason)
    {
        string before = _output.Text;

        Exception? exception = await Record.ExceptionAsync(async () => await write());
        string afterRefusal = _output.Text;
        await _events.WriteAsync("next");

        Assert.IsType<ArgumentException>(exception, exactMatch: false);
        Assert.Contains(reason, exception.Message);
        Assert.Equal(before, afterRefusal);
        Assert.Equal(before + "data: next\n\n", _output.FlushedText);
    }

    private sealed class HalfWritten
    {
        public string Before => "written";

        public string Throws => throw new TimeZoneNotFoundException();
    }
}

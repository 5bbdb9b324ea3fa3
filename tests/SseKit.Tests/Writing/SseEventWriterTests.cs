using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace SseKit.Tests.Writing;

public sealed class SseEventWriterTests
{
    private static readonly Quote Acme = new("ACME", 42.5m);

    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public SseEventWriterTests() => _events = new SseEventWriter(_output);

    [Fact]
    public async Task A_string_is_written_raw()
    {
        await _events.WriteAsync("say \"tick\"");

        AssertWritten("data: say \"tick\"\n\n");
    }

    [Fact]
    public async Task A_null_string_of_a_sequence_is_empty_data()
    {
        await _events.WriteAllAsync(new[] { "tick", null });
        await _events.WriteAsync(new SseItem<string?>(null, "tock"));

        AssertWritten("data: tick\n\ndata: \n\nevent: tock\ndata: \n\n", flushes: 2);
    }

    [Fact]
    public async Task A_string_of_a_generic_caller_is_written_raw()
    {
        await _events.WriteAsync<object>("tick");
        await _events.WriteAsync<object>("tock", "clock");

        AssertWritten("data: tick\n\nevent: clock\ndata: tock\n\n", flushes: 2);
    }

    [Fact]
    public async Task An_event_type_stands_before_the_data()
    {
        await _events.WriteAsync("tick", "clock");

        AssertWritten("event: clock\ndata: tick\n\n");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("message")]
    public async Task The_default_event_type_is_left_out(string? eventType)
    {
        await _events.WriteAsync("tick", eventType);

        AssertWritten("data: tick\n\n");
    }

    [Theory]
    [InlineData("Message")]
    [InlineData(" message")]
    [InlineData("quote: new")]
    [InlineData("größe")]
    public async Task Any_other_event_type_is_written_unchanged(string eventType)
    {
        await _events.WriteAsync("tick", eventType);

        AssertWritten($"event: {eventType}\ndata: tick\n\n");
    }

    [Fact]
    public async Task A_value_is_written_as_json_of_the_web()
    {
        await _events.WriteAsync(Acme);
        await _events.WriteAsync(Acme, "quote");
        await _events.WriteAsync(42);
        await _events.WriteAsync((Quote?)null);

        AssertWritten(
            "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"
            + "event: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"
            + "data: 42\n\n"
            + "data: null\n\n",
            flushes: 4);
    }

    [Fact]
    public async Task A_value_is_written_with_the_options_of_the_writer()
    {
        var events = new SseEventWriter(_output, new JsonSerializerOptions(JsonSerializerOptions.Default));

        await events.WriteAsync(Acme);

        AssertWritten("data: {\"Symbol\":\"ACME\",\"Price\":42.5}\n\n");
    }

    [Fact]
    public async Task Indented_json_is_split_into_data_lines()
    {
        var events = new SseEventWriter(_output, new JsonSerializerOptions { WriteIndented = true, NewLine = "\r\n" });

        await events.WriteAsync(new { A = 1 });

        AssertWritten("data: {\ndata:   \"A\": 1\ndata: }\n\n");
    }

    [Fact]
    public async Task Utf8_bytes_are_written_raw_whatever_their_type()
    {
        byte[] bytes = "{\"é\":1}"u8.ToArray();

        await _events.WriteAsync(bytes);
        await _events.WriteAsync(bytes, "array");
        await _events.WriteAsync((ReadOnlyMemory<byte>)bytes);
        await _events.WriteAsync((ReadOnlyMemory<byte>)bytes, "memory");
        await _events.WriteAsync<object>((ReadOnlyMemory<byte>)bytes, "object");
        await _events.WriteAsync(new SseItem<byte[]>(bytes, "item"));

        AssertWritten(
            "data: {\"é\":1}\n\n"
            + "event: array\ndata: {\"é\":1}\n\n"
            + "data: {\"é\":1}\n\n"
            + "event: memory\ndata: {\"é\":1}\n\n"
            + "event: object\ndata: {\"é\":1}\n\n"
            + "event: item\ndata: {\"é\":1}\n\n",
            flushes: 6);
    }

    [Fact]
    public async Task Metadata_writes_json_even_of_a_string()
    {
        await _events.WriteAsync(Acme, QuoteJson.Default.Quote);
        await _events.WriteAsync(Acme, QuoteJson.Default.Quote, "quote");
        await _events.WriteAsync("tick", QuoteJson.Default.String);
        await _events.WriteAsync(new SseItem<Quote>(Acme, "quote") { EventId = "7" }, QuoteJson.Default.Quote);

        AssertWritten(
            "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"
            + "event: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"
            + "data: \"tick\"\n\n"
            + "event: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\nid: 7\n\n",
            flushes: 4);
    }

    [Fact]
    public async Task An_item_carries_all_its_fields()
    {
        var item = new SseItem<Quote>(Acme, "quote")
        {
            EventId = "42 of ~100",
            ReconnectionInterval = TimeSpan.FromSeconds(2.5),
        };

        await _events.WriteAsync(item);

        AssertWritten("event: quote\nretry: 2500\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\nid: 42 of ~100\n\n");
    }

    [Fact]
    public async Task An_item_of_a_string_is_written_raw()
    {
        await _events.WriteAsync(new SseItem<string>("tick"));

        AssertWritten("data: tick\n\n");
    }

    [Fact]
    public async Task An_empty_id_is_written_because_it_resets_the_client()
    {
        await _events.WriteAsync(new SseItem<string>("tick") { EventId = "" });

        AssertWritten("data: tick\nid: \n\n");
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(int.MaxValue, "2147483647")]
    public async Task A_retry_alone_is_a_line_without_a_blank_line(int milliseconds, string written)
    {
        await _events.WriteRetryAsync(TimeSpan.FromMilliseconds(milliseconds));

        AssertWritten($"retry: {written}\n");
    }

    [Fact]
    public async Task An_id_alone_is_a_block_without_data()
    {
        string longest = new('~', 128);

        await _events.WriteEventIdAsync("42");
        await _events.WriteEventIdAsync("");
        await _events.WriteEventIdAsync(longest);

        AssertWritten($"id: 42\n\nid: \n\nid: {longest}\n\n", flushes: 3);
    }

    [Fact]
    public async Task A_comment_is_split_into_lines_without_a_blank()
    {
        await _events.WriteCommentAsync("");
        await _events.WriteCommentAsync("alive");
        await _events.WriteCommentAsync("one\rtwo\r\nthree\ndata: four");

        AssertWritten(": \n: alive\n: one\n: two\n: three\n: data: four\n", flushes: 3);
    }

    [Fact]
    public async Task Several_events_are_sent_with_one_flush()
    {
        SseItem<object>[] items =
        [
            new SseItem<object>("tick"),
            new SseItem<object>(Acme, "quote") { EventId = "1" },
            new SseItem<object>(Encoding.UTF8.GetBytes("tock")),
        ];

        await _events.WriteAllAsync(items);

        AssertWritten("data: tick\n\nevent: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\nid: 1\n\ndata: tock\n\n");
    }

    [Fact]
    public async Task A_converter_may_write_its_own_event()
    {
        var inner = new MemoryPipeWriter();
        var options = new JsonSerializerOptions { Converters = { new EchoConverter(new SseEventWriter(inner)) } };
        var events = new SseEventWriter(_output, options);

        await events.WriteAsync(new List<Quote> { Acme, Acme });

        AssertWritten("data: [\"ACME\",\"ACME\"]\n\n");
        Assert.Equal("data: {\"echo\":\"ACME\"}\n\ndata: {\"echo\":\"ACME\"}\n\n", inner.Text);
    }

    [Fact]
    public async Task Bytes_are_independent_of_buffer_sizes()
    {
        // é, the surrogate pair and CRLF are split at every possible boundary.
        string data = string.Concat(Enumerable.Repeat("aé\U0001F600\r\nb", 3000));
        var tight = new TightPipeWriter();

        await _events.WriteAsync(data, "größe");
        await _events.WriteCommentAsync(data);
        await _events.WriteAsync(Encoding.UTF8.GetBytes(data));
        var tightEvents = new SseEventWriter(tight);
        await tightEvents.WriteAsync(data, "größe");
        await tightEvents.WriteCommentAsync(data);
        await tightEvents.WriteAsync(Encoding.UTF8.GetBytes(data));

        Assert.Equal(_output.Text, tight.Text);
    }

    private void AssertWritten(string expected, int flushes = 1)
    {
        Assert.Equal(expected, _output.Text);
        Assert.Equal(flushes, _output.Flushes);
    }

    private sealed class EchoConverter(SseEventWriter events) : System.Text.Json.Serialization.JsonConverter<Quote>
    {
        public override Quote Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Quote value, JsonSerializerOptions options)
        {
            ValueTask echo = events.WriteAsync(new { echo = value.Symbol });
            Assert.True(echo.IsCompletedSuccessfully);
            writer.WriteStringValue(value.Symbol);
        }
    }
}

using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Writing;

/// <summary>Every written value is read back unchanged, and no value can forge an event or a field (I6).</summary>
public sealed class SseEventWriterPropertyTests
{
    private static readonly JsonSerializerOptions RawIndented =
        new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void A_client_reads_what_was_written() => Always.HoldsForSequences(WireStep.Any, static async steps =>
    {
        var output = new MemoryPipeWriter();
        var events = new SseEventWriter(output);

        foreach (WireStep step in steps)
        {
            byte[] before = output.Bytes;
            Exception? refusal = await Record.ExceptionAsync(() => step.WriteToAsync(events));
            AssertRefusedIfNotAllowed(step, refusal, before, output.Bytes);
        }

        AssertReadsAs([.. steps.Where(step => step.IsAllowed)], EventStreamReading.Of(output.Bytes));
    });

    [Fact]
    public void The_frameworks_parser_reads_the_written_events() =>
        Always.HoldsForSequences(WireStep.Any, static async steps =>
        {
            var output = new MemoryPipeWriter();
            var events = new SseEventWriter(output);
            WireStep[] allowed = [.. steps.Where(step => step.IsAllowed)];

            foreach (WireStep step in allowed)
            {
                await step.WriteToAsync(events);
            }

            SseParser<string> parser = ParserOf(output.Bytes);
            SseItem<string>[] read = [.. parser.Enumerate()];
            Assert.Equal(
                allowed.Where(step => step.IsEvent).Select(step => (TypeOf(step), Arriving(step.Text))),
                read.Select(item => (item.EventType, item.Data)));
            Assert.Equal(LastEventIdOf(allowed), parser.LastEventId);
            Assert.Equal(RetryOf(allowed) ?? Timeout.InfiniteTimeSpan, parser.ReconnectionInterval);
        });

    [Fact]
    public void An_item_reads_back_with_all_its_fields() => Always.Holds(WireStep.Any, static async step =>
    {
        var output = new MemoryPipeWriter();
        if (step.Kind != WireStepKind.Item || !step.IsAllowed)
        {
            return;
        }

        await step.WriteToAsync(new SseEventWriter(output));

        SseItem<string> read = Assert.Single(ParserOf(output.Bytes).Enumerate());
        Assert.Equal(Arriving(step.Text), read.Data);
        Assert.Equal(TypeOf(step), read.EventType);
        Assert.Equal(step.EventId, read.EventId);
        Assert.Equal(step.Retry, read.ReconnectionInterval);
    });

    [Fact]
    public void Any_bytes_are_one_event() => Always.Holds(WireValues.Bytes, static async bytes =>
    {
        var output = new MemoryPipeWriter();

        await new SseEventWriter(output).WriteAsync(bytes);

        ClientEvent read = Assert.Single(EventStreamReading.Of(output.Bytes).Events);
        Assert.Equal(new ClientEvent("message", LineFeedsOnly(Encoding.UTF8.GetString(bytes)), ""), read);
    });

    [Fact]
    public void Any_text_within_json_is_one_event() => Always.Holds(WireValues.Text, static async text =>
    {
        var plain = new MemoryPipeWriter();
        var indented = new MemoryPipeWriter();

        await new SseEventWriter(plain).WriteAsync(new { text });
        await new SseEventWriter(indented, RawIndented).WriteAsync(new { text });

        AssertJson(plain.Bytes);
        AssertJson(indented.Bytes);

        void AssertJson(byte[] stream)
        {
            ClientEvent read = Assert.Single(EventStreamReading.Of(stream).Events);
            using var document = JsonDocument.Parse(read.Data);
            Assert.Equal(WithoutLoneSurrogates(text), document.RootElement.GetProperty("text").GetString());
        }
    });

    [Fact]
    public void Bytes_of_a_text_are_independent_of_buffer_sizes() => Always.Holds(WireStep.Any, static async step =>
    {
        var roomy = new MemoryPipeWriter();
        var tight = new TightPipeWriter();
        WireStep longStep = step with { Text = string.Concat(Enumerable.Repeat(step.Text, 200)) };
        if (!longStep.IsAllowed)
        {
            return;
        }

        await longStep.WriteToAsync(new SseEventWriter(roomy));
        await longStep.WriteToAsync(new SseEventWriter(tight));

        Assert.Equal(roomy.Text, tight.Text);
    });

    private static void AssertRefusedIfNotAllowed(WireStep step, Exception? refusal, byte[] before, byte[] after)
    {
        if (step.IsAllowed)
        {
            Assert.Null(refusal);
        }
        else
        {
            Assert.IsType<ArgumentException>(refusal, exactMatch: false);
            Assert.Equal(before, after);
        }
    }

    private static void AssertReadsAs(WireStep[] written, EventStreamReading read)
    {
        string lastEventId = "";
        var events = new List<ClientEvent>();
        foreach (WireStep step in written)
        {
            lastEventId = step.EventId ?? lastEventId;
            if (step.IsEvent)
            {
                events.Add(new ClientEvent(TypeOf(step), Arriving(step.Text), lastEventId));
            }
        }

        Assert.Equal(events, read.Events);
        Assert.Equal(lastEventId, read.LastEventId);
        Assert.Equal((long?)RetryOf(written)?.TotalMilliseconds, read.ReconnectionTime);
        Assert.Equal(
            written.Where(step => step.Kind == WireStepKind.Comment).SelectMany(step => Arriving(step.Text).Split('\n'))
                .Select(line => " " + line),
            read.Comments);
    }

    private static SseParser<string> ParserOf(byte[] stream) => SseParser.Create(new MemoryStream(stream));

    private static string TypeOf(WireStep step) => string.IsNullOrEmpty(step.EventType) ? "message" : WithoutLoneSurrogates(step.EventType);

    private static string LastEventIdOf(WireStep[] steps) => steps.LastOrDefault(step => step.EventId is not null)?.EventId ?? "";

    private static TimeSpan? RetryOf(WireStep[] steps) => steps.LastOrDefault(step => step.Retry is not null)?.Retry;

    private static string Arriving(string text) => LineFeedsOnly(WithoutLoneSurrogates(text));

    private static string WithoutLoneSurrogates(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static string LineFeedsOnly(string text) => text.Replace("\r\n", "\n").Replace('\r', '\n');
}

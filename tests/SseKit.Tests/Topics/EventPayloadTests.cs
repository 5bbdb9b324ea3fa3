using System.Net.ServerSentEvents;
using System.Text;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Writing;
using SseKit.Topics;
using SseKit.Writing;

namespace SseKit.Tests.Topics;

/// <summary>A topic's payload of an event is read by clients as the same event.</summary>
public sealed class EventPayloadTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("a", "created")]
    [InlineData("a\nb\n\nc", null)]
    [InlineData("\n", "x")]
    [InlineData("data: forged", "event: y")]
    [InlineData(" edge ", " edge ")]
    [InlineData("\u2028\u0085\v\f", "\u2028")]
    public void An_event_reads_back(string data, string? eventType)
    {
        SseItem<string> read = EventPayload.Decode(Encode(data, eventType).Span, "epoch-7");

        Assert.Equal((data, eventType ?? "message", "epoch-7"), (read.Data, read.EventType, read.EventId));
    }

    [Fact]
    public void Any_event_reads_back_as_a_client_reads_it() => Always.Holds(WireStep.Any, step =>
    {
        if (step.Kind != WireStepKind.Item || !step.IsAllowed)
        {
            return Task.CompletedTask;
        }

        ReadOnlyMemory<byte> payload = Encode(step.Text, step.EventType);

        SseItem<string> read = EventPayload.Decode(payload.Span, "epoch-7");
        ClientEvent client = Assert.Single(EventStreamReading.Of([.. payload.Span, (byte)'\n']).Events);
        Assert.Equal((client.Type, client.Data), (read.EventType, read.Data));
        Assert.Equal(client.Type == "message" ? "" : client.Type, Encoding.UTF8.GetString(EventPayload.EventType(payload.Span)));
        return Task.CompletedTask;
    });

    [Fact]
    public void An_encoded_event_is_not_changed_by_later_ones()
    {
        ReadOnlyMemory<byte> first = Encode(new string('a', 100), null);
        byte[] before = first.ToArray();

        Encode(new string('b', 5000), "other");
        Encode(new string('c', 500_000), null);
        Assert.Throws<ArgumentException>(() => EventPayload.Encode(new TextEvent(EventFields.ForType(null), "too large"), maxEventSize: 3));
        Encode("d", null);

        Assert.Equal(before, first.ToArray());
        Assert.Equal("d", EventPayload.Decode(Encode("d", null).Span, "x-1").Data);
    }

    private static ReadOnlyMemory<byte> Encode(string data, string? eventType) =>
        EventPayload.Encode(new TextEvent(EventFields.ForType(eventType), data), int.MaxValue);
}

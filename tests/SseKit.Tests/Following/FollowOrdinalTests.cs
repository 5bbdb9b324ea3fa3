using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Following;

public sealed class FollowOrdinalTests : FollowTest
{
    [Theory]
    [InlineData(0, "1 2 3 4 5")]
    [InlineData(2, "3 4 5")]
    [InlineData(4, "5")]
    public async Task A_client_starts_after_an_event_that_its_ordinal_names(int ordinal, string expected)
    {
        await StartOrdinalAppAsync();
        await PublishNumbersAsync("t", 1, 4);
        StreamClient client = await AfterAsync(ordinal);
        await PublishNumbersAsync("t", 5, 5);
        await Publisher.CompleteAsync("t");

        Assert.Equal(expected, string.Join(' ', await client.ReadToEndAsync()));
    }

    [Theory]
    [InlineData("Full")]
    [InlineData("Ids")]
    [InlineData("Plain")]
    public async Task A_start_behind_the_end_waits_for_greater_ordinals(string format)
    {
        await StartOrdinalAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        StreamClient client = await AfterAsync(5, format);
        string atOpening = client.LastEventId;

        await PublishNumbersAsync("t", 4, 7);
        string[] events = await client.TakeAsync(2);

        Assert.Equal("", atOpening);
        Assert.Equal(["6", "7"], events);
        Assert.Equal(format == "Plain" ? "" : await Publisher.GetLastEventIdAsync("t"), client.LastEventId);
    }

    [Fact]
    public async Task A_reconnecting_client_gets_only_greater_ordinals()
    {
        var time = new ManualTimeProvider();
        await StartOrdinalAppAsync(time: time);
        await PublishNumbersAsync("t", 1, 3);
        using StreamingResponse client = await Client.OpenAsync("/after/5/Full");
        string opening = await client.ReadUntilAsync("\n\n");
        await PublishNumbersAsync("t", 4, 4);
        Task<string> read = client.ReadUntilAsync("\n");
        while (!read.IsCompleted)
        {
            await time.TimerArmedAsync(TimeSpan.FromSeconds(15));
            time.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Equal("event: ssekit.open\ndata: {}\n\n", opening.AfterPreamble());
        Assert.Equal(":\n", await read);
    }

    [Fact]
    public async Task A_start_behind_a_complete_topic_gets_204()
    {
        await StartOrdinalAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        await Publisher.CompleteAsync("t");

        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/after/3/Full")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/after/4/Plain")).Status);
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(2, 5)]
    [InlineData(7, null)]
    public async Task A_start_whose_events_have_expired_is_a_gap(int ordinal, int? missed)
    {
        await StartOrdinalAppAsync(bounds => bounds.MaxEventsPerTopic = 3);
        await PublishNumbersAsync("t", 1, 10);

        StreamClient client = await AfterAsync(ordinal);

        if (missed is not null)
        {
            Assert.Equal($"{{\"reason\":\"expired\",\"missed\":{missed}}}", (await client.NextAsync()).Data);
        }

        Assert.Equal(["8", "9", "10"], await client.TakeAsync(3));
    }

    [Fact]
    public async Task A_last_event_id_takes_precedence()
    {
        await StartOrdinalAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 4);

        StreamClient client = await StreamClient.OpenAsync(Client, "/after/3/Full", first);
        StreamClient beyond = await StreamClient.OpenAsync(Client, "/after/9/Full", first);

        Assert.Equal(["2", "3", "4"], await client.TakeAsync(3));
        Assert.Equal(["2", "3", "4"], await beyond.TakeAsync(3));
    }

    [Theory]
    [InlineData(3, "4")]
    [InlineData(4, "5")]
    [InlineData(5, "6")]
    public async Task A_client_with_unknown_id_starts_at_the_ordinal(int ordinal, string expected)
    {
        await StartOrdinalAppAsync();
        await PublishNumbersAsync("t", 1, 4);

        StreamClient client = await StreamClient.OpenAsync(Client, $"/after/{ordinal}/Full", "zzzzzzzz0-1");
        SseItem<string> gap = await client.NextAsync();
        await PublishNumbersAsync("t", 5, 6);

        Assert.Equal("ssekit.gap", gap.EventType);
        Assert.Equal([expected], await client.TakeAsync(1));
    }

    [Theory]
    [InlineData(0, "1 2")]
    [InlineData(1, "2")]
    [InlineData(3, "4")]
    public async Task Entries_that_are_no_events_have_no_ordinal(int ordinal, string expected)
    {
        await StartOrdinalAppAsync();
        await Store.AppendAsync(
            new SseAppendRequest { Topic = "t", Payloads = [new[] { EventPayload.ControlMark }] }, CancellationToken.None);
        await PublishNumbersAsync("t", 1, 2);

        StreamClient client = await AfterAsync(ordinal);
        if (ordinal > 2)
        {
            await PublishNumbersAsync("t", 3, 4);
        }

        await Publisher.CompleteAsync("t");
        Assert.Equal(expected, string.Join(' ', await client.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_store_that_is_unavailable_delays_the_start()
    {
        await StartOrdinalAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        int reads = 0;
        Store.BeforeRead = () => Interlocked.Increment(ref reads) == 1 ? throw new IOException("The disk has failed.") : Task.CompletedTask;

        StreamClient client = await StreamClient.ConnectAsync(Client, "/after/2/Plain");

        Assert.Equal(["3"], await client.TakeAsync(1));
    }

    [Fact]
    public void An_ordinal_is_refused_for_several_topics()
    {
        var options = new SseFollowOptions { StartAt = SseReplayStart.After(1) };

        Assert.Throws<ArgumentException>(() => SseResults.Follow(["a", "b"], options));
        Assert.NotNull(SseResults.Follow(["a", "a"], options));
        Assert.Throws<OptionsValidationException>(() => WebApplication.CreateBuilder().Build()
            .MapSse("/", (SseEventWriter events) => events.WriteAsync("").AsTask())
            .WithSseOptions(endpoint => endpoint.ReplayStart = SseReplayStart.After(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SseReplayStart.After(-1));
        Assert.Equal("after 7", SseReplayStart.After(7).ToString());
    }

    private Task<StreamClient> AfterAsync(int ordinal, string format = "Full") => format == "Full"
        ? StreamClient.OpenAsync(Client, $"/after/{ordinal}/{format}")
        : StreamClient.ConnectAsync(Client, $"/after/{ordinal}/{format}");

    private Task StartOrdinalAppAsync(
        Action<SseInMemoryEventStoreOptions>? bounds = null, TimeProvider? time = null) => StartFollowAppAsync(
        bounds: bounds,
        endpoints: app => app.MapSse("/after/{ordinal}/{format}", (long ordinal, SseFollowFormat format) => SseResults.Follow(
            ["t"], new SseFollowOptions { StartAt = SseReplayStart.After(ordinal), Format = format })),
        time: time);
}

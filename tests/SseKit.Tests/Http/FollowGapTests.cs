using System.Diagnostics.Metrics;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Http;

public sealed class FollowGapTests : FollowTest
{
    private const string Unknown = "{\"reason\":\"unknown\"}";

    [Fact]
    public async Task A_client_whose_events_expired_is_told_how_many_and_goes_on_with_the_oldest()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 3);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);

        StreamClient client = await FollowAsync("t", first);
        SseItem<string> gap = await client.NextAsync();

        Assert.Equal("ssekit.gap", gap.EventType);
        Assert.Equal("{\"reason\":\"expired\",\"missed\":6}", gap.Data);
        Assert.Equal(["8", "9", "10"], await client.TakeAsync(3));
    }

    [Fact]
    public async Task By_option_a_client_with_a_gap_goes_on_from_the_head_and_hears_of_all_it_does_not_get()
    {
        await StartFollowAppAsync(options => options.GapPolicy = SseGapPolicy.Head, bounds => bounds.MaxEventsPerTopic = 3);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);

        StreamClient client = await FollowAsync("t", first);
        SseItem<string> gap = await client.NextAsync();
        await PublishNumbersAsync("t", 11, 11);

        Assert.Equal("{\"reason\":\"expired\",\"missed\":9}", gap.Data);
        Assert.Equal(["11"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_gap_is_counted_and_logged()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 1);
        List<string?> counted = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name == "ssekit.gaps" && instrument.Meter.Scope == App.Services.GetRequiredService<IMeterFactory>())
            {
                meters.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted.AddRange(tags.ToArray()
            .Where(tag => tag.Key == "ssekit.gap_reason").Select(tag => tag.Value as string)));
        listener.Start();
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 3);

        StreamClient client = await FollowAsync("t", first);
        await client.NextAsync();

        Assert.Equal(["expired"], counted);
        LogRecord record = await Logs.WaitForAsync(record => record.Message.Contains("cannot resume", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, record.Level);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("abc-1")]
    [InlineData("abc-")]
    [InlineData("-1")]
    [InlineData("abc--1")]
    [InlineData("abc-99999999999999999999")]
    [InlineData(".AAAA")]
    [InlineData("'; DROP TABLE events; --")]
    public async Task A_forged_or_malformed_id_is_answered_like_an_unknown_one(string id)
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);

        Assert.Equal(await AnswerToAsync("zzzzzzzz0-1"), await AnswerToAsync(id));
    }

    [Fact]
    public async Task Ids_of_other_topics_future_ids_and_huge_ones_are_answered_alike()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);
        string foreign = await Publisher.PublishAsync("other", "secret");
        string ofSeveral = (await FollowAsync("t,other")).LastEventId;
        string future = (await Publisher.GetLastEventIdAsync("t"))! + "0";

        string[] answers =
        [
            await AnswerToAsync(foreign), await AnswerToAsync(ofSeveral), await AnswerToAsync(future), await AnswerToAsync(new string('a', 8192)),
        ];

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
        Assert.Contains("data: " + Unknown, answers[0], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_headers_are_an_unknown_id()
    {
        await StartFollowAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        RawConnection raw = await App.ConnectAsync();

        await raw.GetAsync("/follow?topics=t", "Last-Event-ID: " + first, "Last-Event-ID: " + first);

        Assert.StartsWith("HTTP/1.1 200", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await raw.ReadUntilAsync("data: " + Unknown);
    }

    [Fact]
    public async Task A_client_that_leaves_between_opening_and_gap_is_told_again()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 1);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 3);

        foreach (string stale in (string[])[first, "zzzzzzzz0-1"])
        {
            StreamClient client = await FollowAsync("t", stale);
            Assert.Equal(stale, client.LastEventId);
            await client.DisposeAsync();
            StreamClient again = await FollowAsync("t", client.LastEventId);
            Assert.Equal("ssekit.gap", (await again.NextAsync()).EventType);
            StreamClient after = await FollowAsync("t", again.LastEventId);
            Assert.Equal(["3"], await after.TakeAsync(1));
        }
    }

    [Fact]
    public async Task A_log_that_was_lost_is_a_gap_for_live_followers_too()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        StreamClient client = await FollowAsync("t");

        await Store.DeleteAsync("t", null, CancellationToken.None);
        await PublishNumbersAsync("t", 4, 4);

        Assert.Equal([Unknown, "4"], await client.TakeAsync(2));
    }

    [Fact]
    public async Task Events_that_expired_while_nothing_was_missed_are_no_gap()
    {
        var time = new ManualTimeProvider();
        await StartFollowAppAsync(bounds: bounds => bounds.MaxAge = TimeSpan.FromMinutes(1), time: time);
        await PublishNumbersAsync("t", 1, 3);
        string? last = await Publisher.GetLastEventIdAsync("t");
        time.Advance(TimeSpan.FromHours(1));

        StreamClient client = await FollowAsync("t", last);
        await PublishNumbersAsync("t", 4, 4);

        Assert.Equal(["4"], await client.TakeAsync(1));
    }

    // What a client gets for an id: everything up to the event that is published next.
    private async Task<string> AnswerToAsync(string id)
    {
        RawConnection raw = await App.ConnectAsync();
        await raw.GetAsync("/follow?topics=t", "Last-Event-ID: " + id);
        string head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
        return await raw.ReadUntilAsync("data: 2\n");
    }
}

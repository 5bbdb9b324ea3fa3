using System.Diagnostics.Metrics;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowGapTests : FollowTest
{
    private const string Unknown = "{\"reason\":\"unknown\"}";

    [Fact]
    public async Task A_gap_of_expired_events_has_their_number()
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
    public async Task With_GapPolicy_Latest_a_client_continues_at_the_end()
    {
        await StartFollowAppAsync(options => options.GapPolicy = SseGapPolicy.Latest, bounds => bounds.MaxEventsPerTopic = 3);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);

        StreamClient client = await FollowAsync("t", first);
        SseItem<string> gap = await client.NextAsync();
        await PublishNumbersAsync("t", 11, 11);

        Assert.Equal("{\"reason\":\"expired\",\"missed\":9}", gap.Data);
        Assert.Equal(["11"], await client.TakeAsync(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_after_the_opening_is_not_in_the_gap(bool expired)
    {
        await StartFollowAppAsync(options => options.GapPolicy = SseGapPolicy.Latest, bounds => bounds.MaxEventsPerTopic = 3);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);
        int reads = 0;
        Store.BeforeRead = () => Interlocked.Increment(ref reads) == 1 ? PublishNumbersAsync("t", 11, 11) : Task.CompletedTask;

        StreamClient client = await FollowAsync("t", expired ? first : "unknown-1");

        Assert.Equal(expired ? "{\"reason\":\"expired\",\"missed\":9}" : Unknown, (await client.NextAsync()).Data);
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
    public async Task A_forged_or_malformed_id_is_handled_as_unknown(string id)
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);

        Assert.Equal(await AnswerToAsync("zzzzzzzz0-1"), await AnswerToAsync(id));
    }

    [Fact]
    public async Task Foreign_future_and_huge_ids_are_handled_alike()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);
        string foreign = await Publisher.PublishAsync("other", "secret");
        string ofSeveral = (await FollowAsync("other,others")).LastEventId;
        string future = (await Publisher.GetLastEventIdAsync("t"))! + "0";

        string[] answers =
        [
            await AnswerToAsync(foreign), await AnswerToAsync(ofSeveral), await AnswerToAsync(future),
            await AnswerToAsync(new string('a', 8192)),
        ];

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
        Assert.Contains("data: " + Unknown, answers[0], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answers[0], StringComparison.Ordinal);
    }

    // Otherwise a client with an invented id would get all events of a topic. After a failover that lost their ids, all clients would.
    [Theory]
    [InlineData("head", "nonsense", new string[0])]
    [InlineData("head", "zzzzzzzz0-1", new string[0])]
    [InlineData("head", "future", new string[0])]
    [InlineData("head", "of several", new string[0])]
    [InlineData("last", "nonsense", new[] { "9", "10" })]
    [InlineData("earliest", "nonsense", new[] { "1", "2", "3", "4", "5", "6", "7", "8", "9", "10" })]
    public async Task A_client_with_unknown_id_starts_as_one_without_id(string start, string id, string[] replayed)
    {
        await StartFollowAppAsync(endpoints: app =>
        {
            app.MapSse("/head", () => SseResults.Follow("t"));
            app.MapSse("/last", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Last(2) }));
            app.MapSse("/earliest", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
        });
        await PublishNumbersAsync("t", 1, 10);
        id = id switch
        {
            "future" => (await Publisher.GetLastEventIdAsync("t")) + "0",
            "of several" => (await FollowAsync("other,others")).LastEventId,
            _ => id,
        };

        StreamClient client = await StreamClient.OpenAsync(Client, "/" + start, id);
        Assert.Equal([Unknown], await client.TakeAsync(1));
        await PublishNumbersAsync("t", 11, 11);

        string[] expected = [.. replayed, "11"];
        Assert.Equal(expected, await client.TakeAsync(expected.Length));
    }

    [Fact]
    public async Task A_client_without_common_topics_starts_as_one_without_id()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("a", 1, 3);
        await PublishNumbersAsync("b", 1, 3);
        await PublishNumbersAsync("c", 1, 3);
        string before = (await FollowAsync("d,e")).LastEventId;

        StreamClient client = await FollowAsync("a,b,c", before);
        Assert.Equal("abc".Select(name => $"{{\"reason\":\"unknown\",\"topic\":\"{name}\"}}"), await client.TakeAsync(3));
        await PublishNumbersAsync("a", 4, 4);
        await PublishNumbersAsync("c", 5, 5);

        Assert.Equal(["4", "5"], (await client.TakeAsync(2)).Order());
        StreamClient back = await FollowAsync("a,b,c", client.LastEventId);
        await PublishNumbersAsync("b", 6, 6);
        Assert.Equal(["6"], await back.TakeAsync(1));
    }

    [Fact]
    public async Task A_gap_of_several_topics_names_the_topic()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("c,a,b \"<\u2028");
        await Store.DeleteAsync("b \"<\u2028", null, CancellationToken.None);

        StreamClient again = await FollowAsync("c,a,b \"<\u2028", client.LastEventId);

        using JsonDocument gap = JsonDocument.Parse((await again.NextAsync()).Data);
        Assert.Equal("b \"<\u2028", gap.RootElement.GetProperty("topic").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Expired_events_are_a_gap_after_a_reconnect(bool isFollowed)
    {
        var time = new ManualTimeProvider();
        await StartFollowAppAsync(bounds: bounds => bounds.MaxAge = TimeSpan.FromMinutes(1), time: time);
        StreamClient? other = isFollowed ? await FollowAsync("t") : null;
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 3);
        time.Advance(TimeSpan.FromMinutes(1));
        await PublishNumbersAsync("t", 4, 5);

        StreamClient back = await FollowAsync("t", first);

        Assert.Equal(["{\"reason\":\"expired\",\"missed\":2}", "4", "5"], await back.TakeAsync(3));
        if (other is not null)
        {
            Assert.Equal(Numbers(1, 5), await other.TakeAsync(5));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Evicted_events_are_a_gap_after_a_reconnect(bool isFollowed)
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 3);
        StreamClient? other = isFollowed ? await FollowAsync("t") : null;
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);

        StreamClient back = await FollowAsync("t", first);

        Assert.Equal(["{\"reason\":\"expired\",\"missed\":6}", "8", "9", "10"], await back.TakeAsync(4));
        if (other is not null)
        {
            Assert.Equal(Numbers(1, 10), await other.TakeAsync(10));
        }
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
    public async Task A_gap_not_yet_reported_is_reported_after_a_reconnect()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 2);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 4);

        foreach (string stale in (string[])[first, "zzzzzzzz0-1"])
        {
            StreamClient client = await FollowAsync("t", stale);
            Assert.Equal(stale, client.LastEventId);
            await client.DisposeAsync();
            StreamClient again = await FollowAsync("t", client.LastEventId);
            Assert.Equal("ssekit.gap", (await again.NextAsync()).EventType);
            StreamClient after = await FollowAsync("t", again.LastEventId);
            if (stale == first)
            {
                Assert.Equal(["3", "4"], await after.TakeAsync(2));
            }

            await PublishNumbersAsync("t", 5, 5);
            Assert.Equal(["5"], await after.TakeAsync(1));
        }
    }

    [Fact]
    public async Task A_lost_log_is_a_gap_for_live_followers()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        StreamClient client = await FollowAsync("t");

        await Store.DeleteAsync("t", null, CancellationToken.None);
        await PublishNumbersAsync("t", 4, 4);

        Assert.Equal([Unknown, "4"], await client.TakeAsync(2));
    }

    [Fact]
    public async Task Expired_events_that_were_read_are_no_gap()
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

    // Returns the response to an id, up to the end of the gap's event.
    private async Task<string> AnswerToAsync(string id)
    {
        RawConnection raw = await App.ConnectAsync();
        await raw.GetAsync("/follow?topics=t", "Last-Event-ID: " + id);
        string head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
        await raw.ReadPreambleAsync();
        return await raw.ReadUntilAsync("event: ssekit.gap") + await raw.ReadUntilAsync("\n\n");
    }
}

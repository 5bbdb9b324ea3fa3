using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// The store loses events that it had acknowledged, under the same epoch: nine are published, then its log ends after the fifth.
/// </summary>
public sealed class FollowSetBackTests : ServerTest
{
    private const string Unknown = "{\"reason\":\"unknown\"}";

    private readonly SetBackStore _store = new();
    private KestrelApp _app = null!;
    private HttpClient _client = null!;

    private ISsePublisher Publisher => _app.Services.GetRequiredService<ISsePublisher>();

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Live_followers_get_one_gap_and_all_later_events(int count)
    {
        await StartSetBackAppAsync();
        StreamClient[] live = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => FollowAsync("/head")));
        await PublishAsync(1, 9);
        await Task.WhenAll(live.Select(client => client.TakeAsync(9)));

        _store.SetBack("t", 5);
        await PublishAsync(10, 12);

        foreach (StreamClient client in live)
        {
            Assert.Equal("ssekit.gap", await NextTypeAsync(client, Unknown));
            Assert.Equal(["10", "11", "12"], await client.TakeAsync(3));
            Assert.Equal("epoch-8", client.LastEventId);
        }
    }

    [Fact]
    public async Task A_client_that_reconnects_after_the_gap_loses_nothing()
    {
        await StartSetBackAppAsync();
        StreamClient live = await FollowAsync("/head");
        await PublishAsync(1, 9);
        await live.TakeAsync(9);
        _store.SetBack("t", 5);
        await PublishAsync(10, 11);
        Assert.Equal([Unknown, "10"], await live.TakeAsync(2));

        await live.DisposeAsync();
        await PublishAsync(12, 16);
        StreamClient back = await FollowAsync("/head", live.LastEventId);

        Assert.Equal(["11", "12", "13", "14", "15", "16"], await back.TakeAsync(6));
    }

    [Theory]
    [InlineData("/head", new[] { Unknown, "12" })]
    [InlineData("/earliest", new[] { Unknown, "1", "2", "3", "4", "5", "10", "11", "12" })]
    public async Task A_client_with_lost_id_starts_as_one_without_id(string path, string[] expected)
    {
        await StartSetBackAppAsync();
        await PublishAsync(1, 9);
        _store.SetBack("t", 5);
        await PublishAsync(10, 11);

        StreamClient back = await FollowAsync(path, "epoch-9");
        SseItem<string> gap = await back.NextAsync();
        await PublishAsync(12, 12);

        string[] read = [gap.Data, .. await back.TakeAsync(expected.Length - 1)];
        Assert.Equal(expected, read);
    }

    [Fact]
    public async Task Waiting_followers_get_the_gap_after_a_change_notification()
    {
        const int Followers = 10;
        await StartSetBackAppAsync();
        StreamClient[] live = await Task.WhenAll(Enumerable.Range(0, Followers).Select(_ => FollowAsync("/head")));
        await PublishAsync(1, 9);
        await Task.WhenAll(live.Select(client => client.TakeAsync(9)));
        int before = _store.Reads;

        _store.SetBack("t", 5);
        _store.Notify("t");
        foreach (StreamClient client in live)
        {
            Assert.Equal("ssekit.gap", await NextTypeAsync(client, Unknown));
        }

        // The lost position, and the one that replaced it; a few more if announcements overtake each other.
        Assert.InRange(_store.Reads - before, Followers, 4 * Followers);
        await PublishAsync(10, 10);
        foreach (StreamClient client in live)
        {
            Assert.Equal(["10"], await client.TakeAsync(1));
        }
    }

    [Fact]
    public async Task A_client_before_detection_gets_no_lost_event()
    {
        await StartSetBackAppAsync();
        StreamClient live = await FollowAsync("/head");
        await PublishAsync(1, 9);
        await live.TakeAsync(9);

        _store.SetBack("t", 5, Event("10"));
        StreamClient late = await FollowAsync("/earliest");
        string[] read = await late.TakeAsync(6);
        await PublishAsync(11, 11);

        Assert.Equal(["1", "2", "3", "4", "5", "10"], read);
        Assert.Equal(["11"], await late.TakeAsync(1));
        Assert.Equal("ssekit.gap", await NextTypeAsync(live, Unknown));
        Assert.Equal(["11"], await live.TakeAsync(1));
    }

    [Fact]
    public async Task A_follower_of_several_topics_gets_the_gap_of_one()
    {
        await StartSetBackAppAsync();
        StreamClient both = await FollowAsync("/both");
        await PublishAsync(1, 9);
        await both.TakeAsync(9);
        await Publisher.PublishAsync("u", "u1");
        Assert.Equal(["u1"], await both.TakeAsync(1));

        _store.SetBack("t", 5);
        await PublishAsync(10, 10);
        Assert.Equal(["{\"reason\":\"unknown\",\"topic\":\"t\"}", "10"], await both.TakeAsync(2));
        await Publisher.PublishAsync("u", "u2");

        Assert.Equal(["u2"], await both.TakeAsync(1));
    }

    // Otherwise it would report thousands of gaps a second.
    [Fact]
    public async Task A_follower_whose_store_contradicts_itself_backs_off()
    {
        await StartSetBackAppAsync();
        StreamClient live = await FollowAsync("/head");
        await PublishAsync(1, 9);
        await live.TakeAsync(9);
        int before = _store.Reads;
        long start = TimeProvider.System.GetTimestamp();

        _store.ContradictsItself = true;
        _store.Notify("t");
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("ssekit.gap", (await live.NextAsync()).EventType);
        }

        // Waits of 100 and 200 ms, minus the jitter, are between these gaps.
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds, 150, double.MaxValue);
        Assert.InRange(_store.Reads - before, 4, 8);
        _store.ContradictsItself = false;
        await PublishAsync(10, 10);
        while ((await live.NextAsync()).Data != "10")
        {
        }
    }

    private async Task StartSetBackAppAsync()
    {
        _app = await StartAsync(
            app =>
            {
                app.MapSse("/head", () => SseResults.Follow("t"));
                app.MapSse("/both", () => SseResults.Follow("t", "u"));
                app.MapSse("/earliest", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
            },
            builder =>
            {
                builder.Services.AddSingleton<ISseEventStore>(_store);
                builder.Services.AddSse();
            });
        _client = _app.CreateClient();
    }

    private Task<StreamClient> FollowAsync(string path, string? lastEventId = null) => StreamClient.OpenAsync(_client, path, lastEventId);

    private async Task PublishAsync(int first, int last)
    {
        for (int number = first; number <= last; number++)
        {
            await Publisher.PublishAsync("t", $"{number}");
        }
    }

    private static async Task<string> NextTypeAsync(StreamClient client, string data)
    {
        SseItem<string> item = await client.NextAsync();
        Assert.Equal(data, item.Data);
        return item.EventType;
    }

    private static ReadOnlyMemory<byte> Event(string data) => Encoding.UTF8.GetBytes($"data: {data}\n\n");
}

using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowFilterTests : FollowTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Only_types_that_pass_the_filter_arrive()
    {
        await StartAsync(type => type is "created" or "message");
        StreamClient client = await StreamClient.OpenAsync(Client, "/wanted");

        await Publisher.PublishAsync("t", "1", "created");
        await Publisher.PublishAsync("t", "2", "deleted");
        await Publisher.PublishAsync("t", "3");
        await Publisher.PublishAsync("t", "4", "créé");
        await Publisher.PublishAsync("t", "5", "created");

        Assert.Equal(["1", "3", "5"], await client.TakeAsync(3));
    }

    [Fact]
    public async Task Filtered_events_are_no_gap_after_a_reconnect()
    {
        await StartAsync(type => type == "wanted");
        StreamClient client = await StreamClient.OpenAsync(Client, "/wanted");
        await Publisher.PublishAsync("t", "1", "wanted");
        await PublishNumbersAsync("t", 2, 50);
        await Publisher.PublishAsync("t", "51", "wanted");
        Assert.Equal(["1", "51"], await client.TakeAsync(2));
        await client.DisposeAsync();
        await PublishNumbersAsync("t", 52, 60);
        await Publisher.PublishAsync("t", "61", "wanted");

        StreamClient again = await StreamClient.OpenAsync(Client, "/wanted", client.LastEventId);

        Assert.Equal(["61"], await again.TakeAsync(1));
    }

    [Fact]
    public async Task A_client_whose_filter_excludes_the_last_events_gets_204()
    {
        await StartAsync(type => type == "wanted");
        StreamClient client = await StreamClient.OpenAsync(Client, "/wanted");
        await Publisher.PublishAsync("t", "1", "wanted");
        await Publisher.PublishAsync("t", "2", "unwanted");
        await Publisher.CompleteAsync("t");
        await client.ReadToEndAsync();

        StreamClient again = await StreamClient.ConnectAsync(Client, "/wanted", client.LastEventId);

        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task A_heartbeat_sends_the_position_behind_filtered_events()
    {
        var time = new ManualTimeProvider();
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(
            type =>
            {
                if (type == "last")
                {
                    passed.SetResult();
                }

                return type == "wanted";
            },
            time);
        StreamClient client = await StreamClient.OpenAsync(Client, "/wanted");
        await PublishNumbersAsync("t", 1, 20);
        string last = await Publisher.PublishAsync("t", "21", "last");
        await passed.Task.OrTimeout();

        Task<SseItem<string>> next = client.NextAsync();
        await TestTimeout.UntilAsync(() =>
        {
            time.Advance(Interval);
            return next.IsCompleted;
        });

        Assert.Equal(new SseItem<string>("{}", "ssekit.open") { EventId = last }, await next);
        StreamClient again = await FollowAsync("t", client.LastEventId);
        await PublishNumbersAsync("t", 22, 22);
        Assert.Equal(["22"], await again.TakeAsync(1));
    }

    [Fact]
    public async Task The_heartbeat_is_a_comment_if_the_position_is_sent()
    {
        var time = new ManualTimeProvider();
        await StartAsync(_ => true, time);
        RawConnection raw = await App.ConnectAsync();
        await raw.GetAsync("/wanted");
        await raw.ReadUntilAsync("ssekit.open");
        await Publisher.PublishAsync("t", "1");
        await raw.ReadUntilAsync("data: 1\n");

        Task<string> heartbeat = raw.ReadUntilAsync(":\n");
        await TestTimeout.UntilAsync(() =>
        {
            time.Advance(Interval);
            return heartbeat.IsCompleted;
        });

        Assert.DoesNotContain("ssekit.open", await heartbeat, StringComparison.Ordinal);
    }

    private Task StartAsync(Func<string, bool> filter, TimeProvider? time = null) => StartFollowAppAsync(
        bounds: bounds => bounds.MaxEventsPerTopic = 20,
        endpoints: app => app.MapSse("/wanted", () => SseResults.Follow(["t"], new SseFollowOptions { EventTypeFilter = filter })),
        time: time);
}

using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>Redis stops, breaks connections or loses its scripts. It writes every change to its disk before it answers.</summary>
public sealed class OutageTests : RedisTest
{
    [Fact]
    public async Task A_killed_server_loses_and_repeats_nothing()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        for (int i = 0; i < 3; i++)
        {
            await publishing.PublishedAsync(20);
            await Server.KillAsync();
            await Server.StartAgainAsync();
        }

        await publishing.PublishedAsync(20);
        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
    }

    [Fact]
    public async Task A_server_that_loads_its_data_loses_and_repeats_nothing()
    {
        await using RedisServer server = await RedisServer.StartAsync(
            "--appendonly", "yes", "--appendfsync", "everysec", "--loading-process-events-interval-bytes", "1024");
        KestrelApp app = await StartAppAsync(configuration: server.Configuration);
        await using StreamClient client = await FollowAsync(app, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(app), "room");
        await publishing.PublishedAsync(200);

        // A kill of the process loses nothing that was handed to the system, whenever it is flushed.
        await server.KillAsync();
        await server.StartAgainAsync("--key-load-delay", "5000");
        await publishing.PublishedAsync(20);

        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
        Assert.True(server.WasLoading, "The server was never seen while it loads.");
    }

    [Fact]
    public async Task A_restart_without_loss_reports_no_gap()
    {
        KestrelApp app = await StartAppAsync();
        await using StreamClient client = await FollowAsync(app, "room,unused");
        await PublisherOf(app).PublishAsync("room", "1");
        await PublisherOf(app).PublishAsync("room", "2");
        Assert.Equal(["1"], await client.TakeAsync(1));
        string afterFirst = client.LastEventId;
        Assert.Equal(["2"], await client.TakeAsync(1));

        await Server.KillAsync();
        await Server.StartAgainAsync();
        await PublishUntilDoneAsync(PublisherOf(app), "room", "3");
        await PublishUntilDoneAsync(PublisherOf(app), "unused", "4");

        Assert.Equal(["3", "4"], await client.TakeAsync(2));
        await using StreamClient early = await FollowAsync(app, "room,unused", afterFirst);
        Assert.Equal(["2", "3", "4"], (await early.TakeAsync(3)).Order());
        await using StreamClient late = await FollowAsync(app, "room,unused", client.LastEventId);
        await PublisherOf(app).PublishAsync("room", "5");
        Assert.Equal(["5"], await late.TakeAsync(1));
    }

    [Fact]
    public async Task Broken_connections_lose_and_repeat_nothing()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        for (int i = 0; i < 5; i++)
        {
            await publishing.PublishedAsync(20);
            await Server.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await Server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        }

        await publishing.PublishedAsync(20);
        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
    }

    [Fact]
    public async Task Events_published_while_a_subscription_is_broken_are_found()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        for (int i = 1; i <= 20; i++)
        {
            await Server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await PublisherOf(a).PublishAsync("room", $"{i}");
            Assert.Equal([$"{i}"], await client.TakeAsync(1));
        }
    }

    [Fact]
    public async Task Scripts_that_the_server_lost_are_sent_again()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        for (int i = 0; i < 5; i++)
        {
            await publishing.PublishedAsync(20);
            await Server.ExecuteAsync("SCRIPT", "FLUSH");
        }

        await publishing.PublishedAsync(20);
        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
    }

    [Fact]
    public async Task A_publish_to_a_hanging_server_has_an_unknown_outcome()
    {
        KestrelApp app = await StartAppAsync();
        await using StreamClient client = await FollowAsync(app, "room");
        var options = new SsePublishOptions { IdempotencyKey = "key" };
        await PublisherOf(app).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        await Server.PauseAsync();
        RedisException failure = await Assert.ThrowsAsync<RedisException>(async () => await PublisherOf(app).PublishAsync(
            "room", new System.Net.ServerSentEvents.SseItem<string>("2"), options));
        Assert.Contains("the outcome is unknown", failure.Message, StringComparison.Ordinal);
        await Server.ResumeAsync();
        await PublishUntilDoneAsync(PublisherOf(app), "room", "2", "key");
        await PublishUntilDoneAsync(PublisherOf(app), "room", "3");

        Assert.Equal(["2", "3"], await client.TakeAsync(2));
    }

    [Fact]
    public async Task An_app_starts_while_redis_is_down()
    {
        await Server.KillAsync();
        KestrelApp app = await StartAppAsync();
        Task<StreamClient> connecting = FollowAsync(app, "room");
        await Assert.ThrowsAnyAsync<RedisException>(async () => await PublisherOf(app).PublishAsync("room", "refused"));

        await Server.StartAgainAsync();

        await using StreamClient client = await connecting.OrTimeout();
        await PublishUntilDoneAsync(PublisherOf(app), "room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));
    }

    // A database that is emptied by hand has the same history, but its logs are other ones.
    [Fact]
    public async Task A_gap_is_reported_after_all_keys_were_deleted()
    {
        KestrelApp app = await StartAppAsync();
        await PublisherOf(app).PublishAsync("room", "1");
        string id = await PublisherOf(app).PublishAsync("room", "2");

        await Server.ExecuteAsync("FLUSHALL");
        await PublisherOf(app).PublishAsync("room", "new 1");
        await PublisherOf(app).PublishAsync("room", "new 2");

        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/follow?topics=room", id);
        Assert.Equal("ssekit.gap", (await client.NextAsync()).EventType);
    }

    private protected override Task<RedisServer> StartServerAsync() =>
        RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");

    private protected override async Task EndServerAsync() => await Server.DisposeAsync();

    private static async Task PublishUntilDoneAsync(ISsePublisher publisher, string topic, string text, string? key = null)
    {
        while (true)
        {
            try
            {
                await publisher.PublishAsync(
                    topic, new System.Net.ServerSentEvents.SseItem<string>(text), new SsePublishOptions { IdempotencyKey = key ?? text });
                return;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                await Task.Delay(10);
            }
        }
    }
}

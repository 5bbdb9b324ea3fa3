using SseKit.Redis.Tests.Infrastructure;

namespace SseKit.Redis.Tests;

/// <summary>Several servers of one app, each with its own store, on one Redis.</summary>
public sealed class ScaleOutTests : RedisTest
{
    private string _protocol = "resp2";

    private protected override string Configuration => $"{Server.Configuration},protocol={_protocol}";

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Clients_receive_events_of_the_other_server(string protocol)
    {
        _protocol = protocol;
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");

        for (int i = 1; i <= 50; i++)
        {
            await PublisherOf(a).PublishAsync("room", $"{i}");
        }

        Assert.Equal(Numbers(1, 50), await client.TakeAsync(50));
    }

    [Fact]
    public async Task A_change_without_notification_is_found_by_the_poll()
    {
        KestrelApp app = await StartAppAsync(store => store.PollInterval = TimeSpan.FromMilliseconds(50));
        await using StreamClient client = await FollowAsync(app, "room");
        await PublisherOf(app).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        // The other store's notifications go to another channel.
        RedisEventStore silent = OpenStore(configuration: ",channelPrefix=elsewhere:");
        for (int i = 2; i <= 4; i++)
        {
            await AppendAsync(silent, "room", $"data: {i}\n\n");
            Assert.Equal([$"{i}"], await client.TakeAsync(1));
        }
    }

    [Fact]
    public async Task A_thousand_followers_share_reads_and_connections()
    {
        const int Followers = 1000;
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await PublisherOf(a).PublishAsync("room", "0");
        RawConnection[] clients = await Task.WhenAll(Enumerable.Range(0, Followers).Select(async _ =>
        {
            RawConnection client = await b.ConnectAsync();
            await client.SendAsync("GET /follow?topics=room HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await client.ReadUntilAsync("ssekit.open");
            return client;
        }));
        long before = StoreOf(b).PagesRead;

        for (int i = 1; i <= 10; i++)
        {
            await PublisherOf(a).PublishAsync("room", $"event {i}!");
            await Task.WhenAll(clients.Select(client => client.ReadUntilAsync($"event {i}!")));
        }

        // Separate reads of the thousand would be 10,000.
        Assert.InRange(StoreOf(b).PagesRead - before, 1, 200);
    }
}

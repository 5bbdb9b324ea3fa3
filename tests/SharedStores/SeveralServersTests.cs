using System.Net;

namespace SseKit.SharedStores;

/// <summary>Several servers of one app, each with its own store, share what the store keeps.</summary>
public sealed class SeveralServersTests : StoreTest
{
    [Fact]
    public async Task A_client_resumes_on_another_server()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient before = await FollowAsync(a, "room,orders");
        await PublisherOf(a).PublishAsync("room", "1");
        Assert.Equal(["1"], await before.TakeAsync(1));
        string lastEventId = before.LastEventId;
        await before.DisposeAsync();
        await PublisherOf(a).PublishAsync("orders", "2");
        await PublisherOf(b).PublishAsync("room", "3");

        await using StreamClient after = await FollowAsync(b, "room,orders", lastEventId);

        Assert.Equal(["2", "3"], (await after.TakeAsync(2)).Order());
    }

    [Theory]
    [InlineData("orders,room", "orders,room,z", "1 2")]
    [InlineData("orders,room", "a,room", "2")]
    [InlineData("room", "orders,room", "2")]
    [InlineData("orders,room", "orders", "1")]
    public async Task Topics_may_change_between_two_servers(string before, string after, string expected)
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await PublisherOf(a).PublishAsync("room", "read");
        await using StreamClient first = await FollowAsync(a, before);
        string lastEventId = first.LastEventId;
        await first.DisposeAsync();
        await PublisherOf(a).PublishAsync("orders", "1");
        await PublisherOf(b).PublishAsync("room", "2");

        await using StreamClient again = await FollowAsync(b, after, lastEventId);

        string[] missed = expected.Split(' ');
        Assert.Equal(missed, (await again.TakeAsync(missed.Length)).Order());
        await PublisherOf(a).PublishAsync(after.Split(',')[^1], "live");
        Assert.Equal(["live"], await again.TakeAsync(1));
    }

    [Fact]
    public async Task Two_hundred_reconnects_miss_and_repeat_nothing()
    {
        KestrelApp[] servers = [await StartAppAsync(), await StartAppAsync()];
        await using var publishing = new SteadyPublisher(PublisherOf(servers[0]), "room");
        List<string> received = [];
        string? lastEventId = await PublisherOf(servers[0]).GetLastEventIdAsync("room");
        received.AddRange(Numbers(1, int.Parse(lastEventId!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture)));

        for (int i = 0; i < 200; i++)
        {
            await using StreamClient client = await FollowAsync(servers[i % 2], "room", lastEventId);
            received.AddRange(await client.TakeAsync(1 + (i % 3)));
            lastEventId = client.LastEventId;
        }

        Assert.Equal(Numbers(1, received.Count), received);
    }

    [Fact]
    public async Task Followers_of_both_servers_receive_the_same_events()
    {
        const int PerServer = 200;
        KestrelApp[] servers = [await StartAppAsync(), await StartAppAsync()];
        StreamClient[] clients = [await FollowAsync(servers[0], "room"), await FollowAsync(servers[1], "room")];

        await Task.WhenAll(servers.Select((server, number) => Task.Run(async () =>
        {
            for (int i = 1; i <= PerServer; i++)
            {
                await PublisherOf(server).PublishAsync("room", $"{number}-{i}");
            }
        })));

        string[][] received = await Task.WhenAll(clients.Select(client => client.TakeAsync(2 * PerServer)));
        Assert.Equal(received[0], received[1]);
        Assert.Equal(2 * PerServer, received[0].Distinct().Count());
        foreach (StreamClient client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Completion_ends_the_streams_of_every_server()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await PublisherOf(a).PublishAsync("room", "last");
        await PublisherOf(a).CompleteAsync("room");

        Assert.Equal(["last"], await client.ReadToEndAsync());
        await using StreamClient again = await StreamClient.ConnectAsync(b.CreateClient(), "/follow?topics=room", client.LastEventId);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }
}

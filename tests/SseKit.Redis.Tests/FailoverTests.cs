using System.Globalization;
using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>A replica takes the place of its primary, with and without the last writes.</summary>
public sealed class FailoverTests : RedisTest
{
    private RedisServer _replica = null!;

    private protected override string Configuration => $"{Server.Configuration},{_replica.Configuration},connectTimeout=1000";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{Server.Port}");
        await TestTimeout.UntilAsync(async () => ((string)(await _replica.ExecuteAsync("INFO", "replication"))!)
            .Contains("master_link_status:up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_clients_beyond_the_fork_get_a_gap()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient connected = await FollowAsync(b, "room");
        string[] ids = await PublishAsync(a, 1, 5);
        await ReplicatedAsync();

        // The replica no longer receives writes.
        await _replica.ExecuteAsync("REPLICAOF", "NO", "ONE");
        string[] lost = await PublishAsync(a, 6, 9);
        Assert.Equal(Numbers(1, 9), await connected.TakeAsync(9));
        await Server.KillAsync();
        await PublishUntilDoneAsync(a, "new 6");
        await PublishUntilDoneAsync(a, "new 7");

        await using StreamClient before = await FollowAsync(b, "room", ids[2]);
        Assert.Equal(["4", "5", "new 6", "new 7"], await before.TakeAsync(4));
        await using StreamClient at = await FollowAsync(b, "room", ids[4]);
        Assert.Equal(["new 6", "new 7"], await at.TakeAsync(2));
        await using StreamClient beyond = await FollowAsync(b, "room", lost[0]);
        Assert.Equal("ssekit.gap", (await beyond.NextAsync()).EventType);
        await using StreamClient far = await FollowAsync(b, "room", lost[^1]);
        Assert.Equal("ssekit.gap", (await far.NextAsync()).EventType);

        Assert.Equal("ssekit.gap", (await connected.NextAsync()).EventType);
        Assert.Equal(["new 6", "new 7"], await connected.TakeAsync(2));
    }

    [Fact]
    public async Task A_failover_without_loss_reports_no_gap()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        await publishing.PublishedAsync(50);

        // As an orderly failover: the primary refuses writes until the replica has them all and is promoted.
        await Server.ExecuteAsync("CLIENT", "PAUSE", "60000", "WRITE");
        await ReplicatedAsync();
        await _replica.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Server.KillAsync();

        await publishing.PublishedAsync(50);
        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
    }

    [Fact]
    public async Task A_gap_is_reported_after_a_restart_without_persistence()
    {
        KestrelApp app = await StartAppAsync();
        await using StreamClient connected = await FollowAsync(app, "room");
        string[] ids = await PublishAsync(app, 1, 3);
        Assert.Equal(Numbers(1, 3), await connected.TakeAsync(3));
        await _replica.KillAsync();
        await Server.KillAsync();
        await Server.StartAgainAsync();
        for (int i = 1; i <= 5; i++)
        {
            await PublishUntilDoneAsync(app, $"new {i}");
        }

        await using StreamClient late = await FollowAsync(app, "room", ids[0]);

        Assert.Equal("ssekit.gap", (await late.NextAsync()).EventType);
        Assert.Equal("ssekit.gap", (await connected.NextAsync()).EventType);
    }

    // A replica may lag, and a position that it lacks would be reported as unknown.
    [Fact]
    public async Task A_replica_answers_no_read_while_the_primary_is_down()
    {
        RedisEventStore store = OpenStore(configuration: $",{_replica.Configuration},connectTimeout=500,asyncTimeout=500");
        await AppendAsync(store, "room", "1");
        await ReplicatedAsync();

        await Server.KillAsync();

        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => StateAsync(store, "room"));
            await Assert.ThrowsAnyAsync<Exception>(async () =>
                await store.ReadAsync("room", new SsePosition("unknown", 0), 10, CancellationToken.None));
        }
    }

    private protected override Task<RedisServer> StartServerAsync() => RedisServer.StartAsync();

    private protected override async Task EndServerAsync()
    {
        await _replica.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static async Task<string[]> PublishAsync(KestrelApp app, int first, int last)
    {
        List<string> ids = [];
        foreach (string number in Numbers(first, last))
        {
            ids.Add(await PublisherOf(app).PublishAsync("room", number));
        }

        return [.. ids];
    }

    private async Task ReplicatedAsync()
    {
        long written = await OffsetAsync(Server);
        await TestTimeout.UntilAsync(async () => await OffsetAsync(_replica) >= written);
    }

    private static async Task<long> OffsetAsync(RedisServer server)
    {
        string info = (string)(await server.ExecuteAsync("INFO", "replication"))!;
        return long.Parse(info.Split("master_repl_offset:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
    }

    private static async Task PublishUntilDoneAsync(KestrelApp app, string text)
    {
        while (true)
        {
            try
            {
                await PublisherOf(app).PublishAsync(
                    "room", new System.Net.ServerSentEvents.SseItem<string>(text), new SsePublishOptions { IdempotencyKey = text });
                return;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                await Task.Delay(10);
            }
        }
    }
}

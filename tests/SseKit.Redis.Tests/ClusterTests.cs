using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>Topics on both nodes of a cluster, whose slots are divided among them.</summary>
public sealed class ClusterTests : RedisTest
{
    private const int Topics = 40;

    private RedisServer _second = null!;

    private protected override string Configuration => $"{Server.Configuration},{_second.Configuration}";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _second = await RedisServer.StartNodeAsync();
        await Server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
        await _second.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
        await Server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", $"{_second.Port}", $"{_second.ClusterPort}");
        foreach (RedisServer node in (RedisServer[])[Server, _second])
        {
            await TestTimeout.UntilAsync(async () => ((string)(await node.ExecuteAsync("CLUSTER", "INFO"))!)
                .Contains("cluster_state:ok", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Topics_of_all_nodes_are_published_followed_and_deleted()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, Topics).Select(topic => FollowAsync(b, $"topic-{topic}")));

        await Task.WhenAll(Enumerable.Range(0, Topics).Select(async topic =>
        {
            await PublisherOf(a).PublishAsync($"topic-{topic}", "1");
            await PublisherOf(a).PublishAsync($"topic-{topic}", "2");
        }));

        foreach (StreamClient client in clients)
        {
            Assert.Equal(["1", "2"], await client.TakeAsync(2));
            await client.DisposeAsync();
        }

        Assert.All([await SizeAsync(Server), await SizeAsync(_second)], size => Assert.InRange(size, 1, long.MaxValue));
        IReadOnlyList<SseTopicState> states = await StoreOf(b).GetStatesAsync(
            [.. Enumerable.Range(0, Topics).Select(topic => $"topic-{topic}")], CancellationToken.None);
        Assert.All(states, state => Assert.Equal(2, state.Latest.Sequence));
        await StoreOf(a).Upkeep.SweepAsync(CancellationToken.None);
        SseLeaseResult[] leases = await Task.WhenAll(Enumerable.Range(0, Topics).Select(topic =>
            StoreOf(a).TryAcquireLeaseAsync($"topic-{topic}", "a", TimeSpan.FromMinutes(1), CancellationToken.None).AsTask()));
        Assert.All(leases, lease => Assert.Equal(SseLeaseResult.Granted, lease));
        await PublisherOf(a).DeleteAsync("topic-0");
        Assert.Equal(0, (await StateAsync(StoreOf(b), "topic-0")).Latest.Sequence);
    }

    [Fact]
    public async Task A_slot_that_moves_to_another_node_loses_and_repeats_nothing()
    {
        KestrelApp a = await StartAppAsync(store => store.PollInterval = TimeSpan.FromMilliseconds(200));
        KestrelApp b = await StartAppAsync(store => store.PollInterval = TimeSpan.FromMilliseconds(200));
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        await publishing.PublishedAsync(50);
        await using StreamClient early = await FollowAsync(b, "room");
        string before = early.LastEventId;

        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync($"{Configuration},allowAdmin=true");
        IServer[] nodes = [admin.GetServer(Server.Configuration), admin.GetServer(_second.Configuration)];
        RedisKey key = nodes.SelectMany(node => node.Keys(pattern: "*:topic:room")).First();
        await MoveSlotAsync(nodes, admin.HashSlot(key));
        await publishing.PublishedAsync(50);

        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
        await using StreamClient resumed = await FollowAsync(b, "room", before);
        Assert.Equal("message", (await resumed.NextAsync()).EventType);
    }

    private protected override Task<RedisServer> StartServerAsync() => RedisServer.StartNodeAsync();

    private protected override async Task EndServerAsync()
    {
        await _second.DisposeAsync();
        await Server.DisposeAsync();
    }

    // As tools do: a node that imports the slot, one that gives it away, the keys, and then the owner.
    private static async Task MoveSlotAsync(IServer[] nodes, int slot)
    {
        string[] ids = await Task.WhenAll(nodes.Select(async node => (string)(await node.ExecuteAsync("CLUSTER", "MYID"))!));
        int from = (int)await nodes[0].ExecuteAsync("CLUSTER", "COUNTKEYSINSLOT", slot) > 0 ? 0 : 1;
        int to = 1 - from;
        await nodes[to].ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from]);
        await nodes[from].ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to]);
        while ((RedisKey[])(await nodes[from].ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 100))! is { Length: > 0 } keys)
        {
            int port = ((System.Net.IPEndPoint)nodes[to].EndPoint).Port;
            await nodes[from].ExecuteAsync("MIGRATE", ["127.0.0.1", port, "", 0, 5000, "KEYS", .. keys.Select(key => (object)key)]);
        }

        foreach (IServer node in nodes)
        {
            await node.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", ids[to]);
        }
    }

    private static async Task<long> SizeAsync(RedisServer node)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(node.Configuration);
        return await multiplexer.GetServer(node.Configuration).DatabaseSizeAsync();
    }
}

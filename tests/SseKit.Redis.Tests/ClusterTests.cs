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
        _second = await StartNodeAsync();
        await Server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
        await _second.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
        await Server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", $"{_second.Port}");
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

    private protected override Task<RedisServer> StartServerAsync() => StartNodeAsync();

    private protected override async Task EndServerAsync()
    {
        await _second.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static Task<RedisServer> StartNodeAsync() => RedisServer.StartAsync("--cluster-enabled", "yes");

    private static async Task<long> SizeAsync(RedisServer node)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(node.Configuration);
        return await multiplexer.GetServer(node.Configuration).DatabaseSizeAsync();
    }
}

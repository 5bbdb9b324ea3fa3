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
        await (await SlotMove.BeginAsync(nodes, admin.HashSlot(key))).EndAsync();
        await publishing.PublishedAsync(50);

        int count = await publishing.StopAsync();
        Assert.Equal(Numbers(1, count), await client.TakeAsync(count));
        await using StreamClient resumed = await FollowAsync(b, "room", before);
        Assert.Equal("message", (await resumed.NextAsync()).EventType);
    }

    [Fact]
    public async Task Calls_wait_while_a_slot_moves()
    {
        RedisEventStore store = OpenStore(configuration: $",{_second.Configuration}");
        SsePosition first = await AppendAsync(store, "room", "1");
        await using ConnectionMultiplexer admin = await ConnectionMultiplexer.ConnectAsync($"{Configuration},allowAdmin=true");
        SlotMove move = await SlotMove.BeginAsync(
            [admin.GetServer(Server.Configuration), admin.GetServer(_second.Configuration)],
            admin.HashSlot(new KeySpace(Prefix).OfTopic("room").All[0]));

        Task<SsePosition> append = AppendAsync(store, "room", "2");
        Task<SseTopicState> state = StateAsync(store, "room");
        Task<SseReadResult> page = store.ReadAsync("room", first with { Sequence = 0 }, 10, CancellationToken.None).AsTask();
        await TestTimeout.UntilAsync(async () => await move.CountRefusalsAsync() >= 3);
        Assert.False(append.IsCompleted || state.IsCompleted || page.IsCompleted);
        await move.EndAsync();

        Assert.Equal(2, (await append).Sequence);
        Assert.InRange((await state).Latest.Sequence, 1, 2);
        Assert.Equal("1", Text((await page).Events[0]));
    }

    private protected override Task<RedisServer> StartServerAsync() => RedisServer.StartNodeAsync();

    private protected override async Task EndServerAsync()
    {
        await _second.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static async Task<long> SizeAsync(RedisServer node)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(node.Configuration);
        return await multiplexer.GetServer(node.Configuration).DatabaseSizeAsync();
    }
}

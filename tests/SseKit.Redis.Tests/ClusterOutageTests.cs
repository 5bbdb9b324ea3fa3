using SseKit.Redis.Tests.Infrastructure;

namespace SseKit.Redis.Tests;

/// <summary>One node of a cluster of three is down or hangs. Topics and leases of the other nodes work.</summary>
public sealed class ClusterOutageTests : RedisTest
{
    private const int FirstSlotOfSecond = 5001;
    private const int FirstSlotOfThird = 10001;

    private RedisServer _second = null!;
    private RedisServer _third = null!;

    public override async Task InitializeAsync()
    {
        // A node without slots answers late, so the nodes start together.
        Task<RedisServer> second = RedisServer.StartNodeAsync();
        Task<RedisServer> third = RedisServer.StartNodeAsync();
        await base.InitializeAsync();
        _second = await second;
        _third = await third;
        await Server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", $"{FirstSlotOfSecond - 1}");
        await _second.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", $"{FirstSlotOfSecond}", $"{FirstSlotOfThird - 1}");
        await _third.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", $"{FirstSlotOfThird}", "16383");

        // With equal epochs, the nodes would take longer to agree.
        await Server.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", "1");
        await _second.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", "2");
        await _third.ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", "3");
        await Server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", $"{_second.Port}", $"{_second.ClusterPort}");
        await Server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", $"{_third.Port}", $"{_third.ClusterPort}");
        await _second.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", $"{_third.Port}", $"{_third.ClusterPort}");

        // A node that has just learned of another may report the cluster as down once more.
        int agreed = 0;
        await TestTimeout.UntilAsync(async () => (agreed = await IsUpAsync() ? agreed + 1 : 0) == 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_of_other_nodes_do_not_wait(bool hangs)
    {
        RedisEventStore store = OpenClusterStore(timeout: 30_000);
        (string[] healthy, string[] broken) = await TopicsAsync();
        var positions = new Dictionary<string, SsePosition>();
        foreach (string topic in (string[])[.. healthy, .. broken])
        {
            positions[topic] = await AppendAsync(store, topic, "event");
        }

        await (hangs ? _second.PauseAsync() : _second.KillAsync());
        using var stop = new CancellationTokenSource();
        int ended = 0;
        Task[] waiting = [.. broken.SelectMany(topic => (Task[])
            [RepeatAsync(() => ReadAsync(topic)), RepeatAsync(() => StateAsync(topic))])];
        await TestTimeout.UntilAsync(async () =>
        {
            int before = Volatile.Read(ref ended);
            await Task.Delay(500);
            return Volatile.Read(ref ended) == before;
        });

        await Task.WhenAll([.. healthy.Select(ReadAsync), .. healthy.Select(StateAsync)]).WaitAsync(TimeSpan.FromSeconds(20));

        await stop.CancelAsync();
        await Task.WhenAll(waiting).OrTimeout();

        // Reads that were sent before the connection broke fail at once; later ones wait.
        async Task RepeatAsync(Func<Task> read)
        {
            while (!stop.IsCancellationRequested)
            {
                await Task.WhenAny(read());
                Interlocked.Increment(ref ended);
                await Task.Yield();
            }
        }

        Task ReadAsync(string topic) => store.ReadAsync(topic, positions[topic], 10, stop.Token).AsTask();

        Task StateAsync(string topic) => store.GetStatesAsync([topic], stop.Token).AsTask();
    }

    [Theory]
    [InlineData(false, 1000)]
    [InlineData(true, 1000)]
    [InlineData(true, 20)]
    public async Task Appends_to_other_nodes_do_not_wait(bool hangs, int topics)
    {
        RedisEventStore store = OpenClusterStore(timeout: 30_000);
        (string[] healthy, string[] broken) = await TopicsAsync(topics);
        foreach (string topic in (string[])[.. healthy, .. broken])
        {
            // One at a time: no script is about several topics.
            await AppendNextAsync(topic).OrTimeout();
        }

        await (hangs ? _second.PauseAsync() : _second.KillAsync());
        Task[] waiting = [.. broken.SelectMany(topic => (Task[])[AppendNextAsync(topic), AppendNextAsync(topic)])];
        await Task.WhenAll(healthy.Select(AppendNextAsync)).WaitAsync(TimeSpan.FromSeconds(20));

        await (hangs ? _second.ResumeAsync() : Task.CompletedTask);
        await Task.WhenAny(Task.WhenAll(waiting)).OrTimeout();

        Task AppendNextAsync(string topic) => AppendAsync(store, topic, "event");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leases_of_other_nodes_are_renewed(bool hangs)
    {
        RedisEventStore store = OpenClusterStore(timeout: hangs ? 30_000 : 1000);
        (string[] healthy, string[] broken) = await TopicsAsync();
        foreach (string topic in (string[])[.. healthy, .. broken])
        {
            await store.TryAcquireLeaseAsync(topic, "a", TimeSpan.FromMinutes(1), CancellationToken.None);
        }

        await (hangs ? _second.PauseAsync() : _second.KillAsync());

        // The deadline of the caller ends the wait for the node that hangs.
        Assert.Equal(
            [.. broken.Select(_ => SseLeaseRenewalResult.Busy), .. healthy.Select(_ => SseLeaseRenewalResult.Renewed)],
            await RenewAsync(hangs ? 3000 : 30_000, [.. broken, .. healthy]));
        await Assert.ThrowsAnyAsync<Exception>(() => RenewAsync(hangs ? 100 : 30_000, broken));

        async Task<IReadOnlyList<SseLeaseRenewalResult>> RenewAsync(int deadline, string[] topics)
        {
            using var late = new CancellationTokenSource(deadline);
            return await store.TryRenewLeasesAsync(
                [.. topics.Select(topic => new SseLeaseRenewal { Topic = topic, Owner = "a", Duration = TimeSpan.FromMinutes(1) })],
                late.Token);
        }
    }

    [Fact]
    public async Task Changes_on_other_nodes_are_found_and_announced()
    {
        RedisEventStore store = OpenClusterStore(timeout: 1000, options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        RedisEventStore silent = OpenClusterStore(timeout: 1000, configuration: ",channelPrefix=elsewhere:");
        string topic = (await TopicsAsync()).Healthy[0];
        int found = 0;
        int any = 0;
        using IDisposable subscription = store.Subscribe(name => _ = name is null ? Interlocked.Increment(ref any)
            : name == topic ? Interlocked.Increment(ref found) : 0);
        await ChangeUntilFoundAsync();

        await _second.KillAsync();

        await ChangeUntilFoundAsync();
        int before = Volatile.Read(ref any);
        await Server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await _third.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await TestTimeout.UntilAsync(() => Volatile.Read(ref any) > before);

        // The listener also announces null, after which a poll finds nothing.
        async Task ChangeUntilFoundAsync()
        {
            int earlier = Volatile.Read(ref found);
            await TestTimeout.UntilAsync(async () =>
            {
                await AppendAsync(silent, topic, "event");
                return Volatile.Read(ref found) > earlier;
            });
        }
    }

    [Fact]
    public async Task Old_events_on_other_nodes_are_deleted()
    {
        RedisEventStore store = OpenClusterStore(timeout: 1000, options => options.MaxAge = TimeSpan.FromMilliseconds(1));
        (string[] healthy, string[] broken) = await TopicsAsync();
        foreach (string topic in (string[])[.. healthy, .. broken])
        {
            await AppendAsync(store, topic, "event");
        }

        await _second.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => store.Upkeep.SweepAsync(CancellationToken.None));

        RedisEventStore keeping = OpenClusterStore(timeout: 1000);
        Assert.All(await keeping.GetStatesAsync(healthy, CancellationToken.None), state => Assert.Equal(2, state.EarliestSequence));
    }

    private protected override Task<RedisServer> StartServerAsync() => RedisServer.StartNodeAsync();

    private protected override async Task EndServerAsync()
    {
        await _third.DisposeAsync();
        await _second.DisposeAsync();
        await Server.DisposeAsync();
    }

    private RedisEventStore OpenClusterStore(
        int timeout, Action<SseRedisEventStoreOptions>? configure = null, string configuration = "") => OpenStore(
            configure, $",{_second.Configuration},{_third.Configuration},connectTimeout=1000,syncTimeout={timeout}{configuration}");

    private async Task<bool> IsUpAsync()
    {
        foreach (RedisServer node in (RedisServer[])[Server, _second, _third])
        {
            string info = (string)(await node.ExecuteAsync("CLUSTER", "INFO"))!;
            if (!info.Contains("cluster_slots_assigned:16384", StringComparison.Ordinal)
                || !info.Contains("cluster_state:ok", StringComparison.Ordinal)
                || !info.Contains("cluster_size:3", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns topics of the first and the third node, and of the second one.</summary>
    private async Task<(string[] Healthy, string[] Broken)> TopicsAsync(int count = 100)
    {
        var keys = new KeySpace(Prefix);
        List<string> healthy = [];
        List<string> broken = [];
        for (int i = 0; i < count; i++)
        {
            string key = keys.OfTopic($"topic-{i}").All[0].ToString();
            int slot = (int)await Server.ExecuteAsync("CLUSTER", "KEYSLOT", key);
            (slot is >= FirstSlotOfSecond and < FirstSlotOfThird ? broken : healthy).Add($"topic-{i}");
        }

        return ([.. healthy], [.. broken]);
    }
}

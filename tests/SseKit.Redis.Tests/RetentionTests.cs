using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

public sealed class RetentionTests : RedisTest
{
    [Fact]
    public async Task A_topic_never_holds_more_events_than_its_bound()
    {
        RedisEventStore store = OpenStore(options => options.MaxEventsPerTopic = 10);
        for (int i = 1; i <= 25; i++)
        {
            await AppendAsync(store, "topic", $"{i}", key: $"key {i}");
            Assert.Equal(Math.Max(1, i - 9), (await StateAsync(store, "topic")).EarliestSequence);
        }

        Assert.Equal(15, store.Evicted.Count);
        Assert.Equal(10, await LengthAsync("XLEN", 5));
        Assert.Equal(10, await LengthAsync("HLEN", 6));
        Assert.Equal(25, (await AppendAsync(store, "topic", "again", key: "key 25")).Sequence);
        Assert.Equal(26, (await AppendAsync(store, "topic", "again", key: "key 15")).Sequence);
    }

    [Fact]
    public async Task One_append_beyond_the_bound_keeps_its_last_events()
    {
        RedisEventStore store = OpenStore(options => options.MaxEventsPerTopic = 10);
        await AppendAsync(store, "topic", "first");

        SseAppendResult result = await store.AppendAsync(
            new SseAppendRequest { Topic = "topic", Payloads = [.. Numbers(1, 500).Select(Payload)] }, CancellationToken.None);

        Assert.Equal(501, result.Position.Sequence);
        Assert.Equal(492, (await StateAsync(store, "topic")).EarliestSequence);
        Assert.Equal(491, store.Evicted.Count);
    }

    [Fact]
    public async Task A_topic_keeps_its_bytes_or_newest_event()
    {
        RedisEventStore store = OpenStore(options => options.MaxBytesPerTopic = 100);
        for (int i = 0; i < 25; i++)
        {
            await AppendAsync(store, "topic", new string('x', 30));
        }

        await AppendAsync(store, "large", new string('x', 1000));
        await AppendAsync(store, "large", new string('x', 1000));

        Assert.Equal(23, (await StateAsync(store, "topic")).EarliestSequence);
        Assert.Equal(2, (await StateAsync(store, "large")).EarliestSequence);
        Assert.Equal("90", (string?)await Server.ExecuteAsync("HGET", KeysOf("topic")[4], "bytes"));
    }

    [Fact]
    public async Task Readers_see_no_event_beyond_its_age()
    {
        RedisEventStore store = OpenStore(options => options.MaxAge = TimeSpan.FromMilliseconds(1));
        SsePosition first = await AppendAsync(store, "topic", "1", key: "key");

        await TestTimeout.UntilAsync(async () => (await StateAsync(store, "topic")).EarliestSequence == 2);

        Assert.Equal(0, await LengthAsync("XLEN", 5));
        Assert.Equal(0, await LengthAsync("HLEN", 6));
        SseReadResult page = await store.ReadAsync("topic", first with { Sequence = 0 }, 10, CancellationToken.None);
        Assert.Equal(SseReadStatus.Expired, page.Status);
    }

    [Fact]
    public async Task Upkeep_deletes_old_events_of_many_topics()
    {
        RedisEventStore store = OpenStore(options => options.MaxAge = TimeSpan.FromMilliseconds(1));
        await Parallel.ForAsync(0, 300, async (i, _) => await AppendAsync(store, $"topic {i}", "1"));

        await TestTimeout.UntilAsync(async () =>
        {
            await store.Upkeep.SweepAsync(CancellationToken.None);
            return await CountKeysAsync("*:events:*") == 0;
        });

        Assert.Equal(300, await CountKeysAsync("*:topic:*"));
        Assert.Equal(0, await CountKeysAsync("*:aged"));
    }

    [Fact]
    public async Task An_unused_topic_is_forgotten_and_gets_another_epoch()
    {
        RedisEventStore store = OpenStore(options =>
        {
            options.MaxAge = TimeSpan.FromMilliseconds(1);
            options.ForgetTopicsAfter = TimeSpan.FromMilliseconds(1);
        });
        SsePosition old = await AppendAsync(store, "topic", "1");
        await store.DeleteAsync("deleted", null, CancellationToken.None);

        await TestTimeout.UntilAsync(async () =>
        {
            await store.Upkeep.SweepAsync(CancellationToken.None);
            return await CountKeysAsync("*") == await CountKeysAsync("*:bucket");
        });

        SseTopicState state = await StateAsync(store, "topic");
        Assert.Equal(0, state.Latest.Sequence);
        Assert.NotEqual(old.Epoch, state.Latest.Epoch);
    }

    // Its bucket gets another seed, which is no reason to read all topics again.
    [Fact]
    public async Task A_forgotten_topic_is_no_change_of_others()
    {
        var options = new SseRedisEventStoreOptions { KeyPrefix = Prefix };
        var keys = new KeySpace(Prefix);
        using RedisConnection connection = RedisConnection.Own(ConfigurationOptions.Parse(Server.Configuration), TimeProvider.System);
        var poll = new ChangePoll(
            new ScriptRunner(connection, TimeProvider.System),
            keys,
            new TopicArguments(keys, options, "sender", keys.Channel),
            TimeProvider.System,
            CancellationToken.None);
        RedisEventStore store = OpenStore(each => each.ForgetTopicsAfter = TimeSpan.FromMilliseconds(1));
        Assert.Null(await poll.FindAsync());
        await store.DeleteAsync("topic", null, CancellationToken.None);
        Assert.Equal(["topic"], await poll.FindAsync());

        await TestTimeout.UntilAsync(async () =>
        {
            await store.Upkeep.SweepAsync(CancellationToken.None);
            return await CountKeysAsync("*:changes") == 0;
        });

        Assert.Equal([], await poll.FindAsync());
    }

    [Fact]
    public async Task A_topic_in_use_is_not_forgotten()
    {
        RedisEventStore store = OpenStore(options => options.ForgetTopicsAfter = TimeSpan.FromMilliseconds(1));
        SsePosition position = await AppendAsync(store, "topic", "1");
        await store.DeleteAsync("topic", null, CancellationToken.None);
        SsePosition again = await AppendAsync(store, "topic", "2");

        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.NotEqual(position.Epoch, again.Epoch);
        Assert.Equal(again, (await StateAsync(store, "topic")).Latest);
    }

    [Fact]
    public async Task One_server_runs_the_upkeep_for_all()
    {
        RedisEventStore[] stores = [.. Enumerable.Range(0, 3).Select(_ => OpenStore(options =>
        {
            options.MaxAge = TimeSpan.FromMilliseconds(1);
            options.UpkeepInterval = TimeSpan.FromMilliseconds(100);
        }))];
        await AppendAsync(stores[0], "topic", "1");

        await TestTimeout.UntilAsync(async () => await LengthAsync("XLEN", 5) == 0);

        Assert.Equal(2, (await StateAsync(stores[1], "topic")).EarliestSequence);
    }

    [Fact]
    public async Task Reading_an_unused_topic_leaves_no_key_of_it()
    {
        RedisEventStore store = OpenStore();

        SseTopicState state = await StateAsync(store, "topic");
        await store.ReadAsync("topic", state.Latest, 10, CancellationToken.None);

        // The bucket has its seed for all of its topics.
        Assert.Equal((1, 1), (await CountKeysAsync("*"), await CountKeysAsync("*:bucket")));
    }

    [Fact]
    public async Task A_page_of_large_events_is_bounded()
    {
        RedisEventStore store = OpenStore();
        for (int i = 0; i < 8; i++)
        {
            await AppendAsync(store, "topic", new string('x', 400_000));
        }

        SsePosition start = (await StateAsync(store, "topic")).Latest with { Sequence = 0 };
        SseReadResult page = await store.ReadAsync("topic", start, 1000, CancellationToken.None);

        Assert.InRange(page.Events.Count, 1, 3);
    }
}

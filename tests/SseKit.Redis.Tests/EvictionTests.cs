using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>Redis evicts single keys if its <c>maxmemory-policy</c> lets it.</summary>
public sealed class EvictionTests : RedisTest
{
    /// <summary>The places of a topic's seven keys.</summary>
    public static TheoryData<int> KeyNumbers => [.. Enumerable.Range(0, 7)];

    // Each of the seven keys, with and without a change of another topic of the bucket before the next one of the topic.
    [Theory]
    [MemberData(nameof(KeyNumbers))]
    public async Task A_deleted_topic_never_gets_an_earlier_epoch(int key)
    {
        RedisEventStore store = OpenStore();
        string other = OtherTopicOf("topic");
        var epochs = new HashSet<string>();
        for (int i = 0; i < 4; i++)
        {
            await AppendAsync(store, other, "1");
            Assert.True(epochs.Add((await AppendAsync(store, "topic", "1")).Epoch));
            await store.DeleteAsync("topic", null, CancellationToken.None);
            await Server.ExecuteAsync("DEL", KeysOf("topic")[key]);
            if (i % 2 == 0)
            {
                await AppendAsync(store, other, "2");
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task A_poll_after_an_eviction_reports_any_topic(int key, bool changes)
    {
        RedisEventStore store = OpenStore();
        string other = OtherTopicOf("topic");
        await AppendAsync(store, other, "1");
        using RedisConnection connection = RedisConnection.Own(ConfigurationOptions.Parse(Server.Configuration), TimeProvider.System);
        ChangePoll poll = PollOf(connection);
        Assert.Null(await poll.FindAsync());
        Assert.Equal([], await poll.FindAsync());
        await AppendAsync(store, "topic", "1");

        await Server.ExecuteAsync("DEL", KeysOf("topic")[key]);
        if (changes)
        {
            await AppendAsync(store, other, "2");
        }

        Assert.Null(await poll.FindAsync());
        Assert.Equal([], await poll.FindAsync());
    }

    [Fact]
    public async Task Events_that_redis_evicted_are_reported_as_expired()
    {
        RedisEventStore store = OpenStore();
        SsePosition first = await AppendAsync(store, "topic", "1");
        await AppendAsync(store, "topic", "2");
        await Server.ExecuteAsync("DEL", KeysOf("topic")[5]);

        SseReadResult lost = await store.ReadAsync("topic", first, 10, CancellationToken.None);
        SsePosition next = await AppendAsync(store, "topic", "3");

        Assert.Equal((SseReadStatus.Expired, 3), (lost.Status, lost.State.EarliestSequence));
        Assert.Equal(first with { Sequence = 3 }, next);
        SseReadResult page = await store.ReadAsync("topic", first, 10, CancellationToken.None);
        Assert.Equal((SseReadStatus.Expired, 3), (page.Status, page.State.EarliestSequence));
        page = await store.ReadAsync("topic", first with { Sequence = 2 }, 10, CancellationToken.None);
        Assert.Equal("3", Text(Assert.Single(page.Events)));
    }

    [Fact]
    public async Task A_topic_keeps_its_bytes_after_its_stream_was_evicted()
    {
        RedisEventStore store = OpenStore(options => options.MaxBytesPerTopic = 100);
        for (int i = 0; i < 3; i++)
        {
            await AppendAsync(store, "topic", new string('x', 30), key: $"key {i}");
        }

        await Server.ExecuteAsync("DEL", KeysOf("topic")[5]);
        for (int i = 3; i < 13; i++)
        {
            await AppendAsync(store, "topic", new string('x', 30), key: $"key {i}");
        }

        Assert.Equal(11, (await StateAsync(store, "topic")).EarliestSequence);
        Assert.Equal((3, 3), (await LengthAsync("XLEN", 5), await LengthAsync("HLEN", 6)));
        Assert.Equal("90", (string?)await Server.ExecuteAsync("HGET", KeysOf("topic")[4], "bytes"));
    }

    // Each of the seven keys, before each of the calls, for a topic with events and one without.
    [Theory]
    [MemberData(nameof(KeyNumbers))]
    public async Task Every_call_works_after_redis_evicted_a_key(int key)
    {
        RedisEventStore store = OpenStore(options => options.ForgetTopicsAfter = TimeSpan.FromMilliseconds(1));
        Func<string, Task>[] calls =
        [
            topic => StateAsync(store, topic),
            topic => AppendAsync(store, topic, "2", key: "key"),
            topic => store.CompleteAsync(topic, SseTopicStatus.Completed, null, CancellationToken.None).AsTask(),
            topic => store.DeleteAsync(topic, null, CancellationToken.None).AsTask(),
            _ => TestTimeout.UntilAsync(async () =>
            {
                await store.Upkeep.SweepAsync(CancellationToken.None);
                return await CountKeysAsync("*:idle") == 0;
            }),
        ];
        for (int i = 0; i < calls.Length * 2; i++)
        {
            string topic = $"topic {i}";
            await AppendAsync(store, topic, "1", key: "key");
            if (i >= calls.Length)
            {
                await store.DeleteAsync(topic, null, CancellationToken.None);
                await store.CompleteAsync(topic, SseTopicStatus.Completed, null, CancellationToken.None);
            }

            await Server.ExecuteAsync("DEL", KeysOf(topic)[key]);

            Exception? failure = await Record.ExceptionAsync(() => calls[i % calls.Length](topic));
            await store.DeleteAsync(topic, null, CancellationToken.None);
            SsePosition next = await AppendAsync(store, topic, "next");

            Assert.True(failure is null or SseTopicCompletedException, $"{failure}");
            Assert.Equal(1, next.Sequence);
            Assert.Equal(next, (await StateAsync(store, topic)).Latest);
        }
    }

    [Fact]
    public async Task A_topic_that_redis_evicted_begins_another_log()
    {
        RedisEventStore store = OpenStore();
        SsePosition lost = await AppendAsync(store, "topic", "1", key: "key");
        await Server.ExecuteAsync("DEL", KeysOf("topic")[4]);

        SseTopicState unused = await StateAsync(store, "topic");
        SsePosition next = await AppendAsync(store, "topic", "2", key: "key");

        Assert.NotEqual(lost.Epoch, unused.Latest.Epoch);
        Assert.Equal(unused.Latest with { Sequence = 1 }, next);
    }

    private ChangePoll PollOf(RedisConnection connection)
    {
        var keys = new KeySpace(Prefix);
        return new ChangePoll(
            new ScriptRunner(connection, TimeProvider.System),
            keys,
            new TopicArguments(keys, new SseRedisEventStoreOptions { KeyPrefix = Prefix }, "sender", keys.Channel),
            TimeProvider.System,
            CancellationToken.None);
    }

    // A topic of the same bucket.
    private string OtherTopicOf(string topic)
    {
        var keys = new KeySpace(Prefix);
        return Enumerable.Range(0, 100_000).Select(i => $"other {i}")
            .First(other => keys.OfTopic(other).Bucket == keys.OfTopic(topic).Bucket);
    }
}

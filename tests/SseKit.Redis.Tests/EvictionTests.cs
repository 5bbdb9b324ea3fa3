using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>Redis evicts single keys if its <c>maxmemory-policy</c> lets it.</summary>
public sealed class EvictionTests : RedisTest
{
    // Each of the seven keys, with and without a change of another topic of the bucket before the next one of the topic.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
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

    private RedisKey[] KeysOf(string topic) => new KeySpace(Prefix).OfTopic(topic).All;
}

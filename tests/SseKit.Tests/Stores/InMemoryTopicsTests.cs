using Microsoft.Extensions.Logging;
using SseKit.Stores.InMemory;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The topics that the memory store evicts, and their next epochs.</summary>
public sealed class InMemoryTopicsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogCapture _logs = new();
    private readonly HashSet<string> _followed = [];
    private readonly List<string?> _evicted = [];

    public void Dispose() => _logs.Dispose();

    [Fact]
    public async Task Evicts_empty_held_completed_and_followed_topics_in_order()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 5);
        await AppendAsync(store, "followed");
        _followed.Add("followed");
        await store.CompleteAsync("completed", SseTopicStatus.Completed, null, default);
        await AppendAsync(store, "empty");
        _time.Advance(TimeSpan.FromHours(2));
        await AppendAsync(store, "held");
        await AppendAsync(store, "held too");

        for (int i = 0; i < 5; i++)
        {
            await store.CompleteAsync($"new {i}", SseTopicStatus.Completed, null, default);
        }

        Assert.Equal(["empty", "held", "held too", "completed", "new 0"], _evicted);
        Assert.Equal(5, store.Held.Topics);
    }

    [Fact]
    public async Task Evicts_the_longest_unused_topic_if_all_are_followed()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 3);
        foreach (string topic in (string[])["a", "b", "c", "d"])
        {
            _followed.Add(topic);
            await AppendAsync(store, topic);
        }

        Assert.Equal(["a"], _evicted);
    }

    [Fact]
    public async Task A_topic_no_longer_followed_is_evicted_before_followed_ones()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 3);
        _followed.UnionWith(["a", "b", "c"]);
        await AppendAsync(store, "a");
        await AppendAsync(store, "b");
        await AppendAsync(store, "c");
        await AppendAsync(store, "d");
        _followed.Remove("c");

        await store.CompleteAsync("e", SseTopicStatus.Completed, null, default);

        Assert.Equal(["a", "d"], _evicted);
        await store.CompleteAsync("f", SseTopicStatus.Completed, null, default);
        Assert.Equal(["a", "d", "e"], _evicted);
        _followed.UnionWith(["e", "f"]);
        await store.CompleteAsync("g", SseTopicStatus.Completed, null, default);
        Assert.Equal(["a", "d", "e", "c"], _evicted);
    }

    [Fact]
    public async Task Evictions_of_followed_and_completed_topics_are_logged()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 1);
        for (int i = 0; i < 10; i++)
        {
            await store.CompleteAsync($"{i}", SseTopicStatus.Completed, null, default);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        await AppendAsync(store, "last");

        LogRecord[] warnings = [.. _logs.Records.Where(record => record.Level == LogLevel.Warning)];
        Assert.Equal(2, warnings.Length);
        Assert.Contains("evicted 1 completed or followed", warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("evicted 9 completed or followed", warnings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evictions_of_topics_without_followers_are_not_logged()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 1);

        await AppendAsync(store, "a");
        await AppendAsync(store, "b");

        Assert.Equal(["a"], _evicted);
        Assert.Empty(_logs.Records);
    }

    [Fact]
    public async Task An_unused_topic_keeps_its_own_epoch()
    {
        InMemoryEventStore store = StoreWith(maxTopics: 1000);
        string[] names = [.. Enumerable.Range(0, 500).Select(number => $"topic {number}")];

        string[] promised = await Task.WhenAll(names.Select(async name => (await store.GetStateAsync(name, default)).Latest.Epoch));
        string[] begun = await Task.WhenAll(names.Select(name => AppendAsync(store, name)));

        Assert.Equal(promised, begun);
        Assert.Equal(names.Length, begun.Distinct().Count());
        Assert.All(begun, epoch => Assert.True(SsePosition.TryParse(new SsePosition(epoch, 1).ToString(), out _)));
    }

    [Fact]
    public async Task Two_stores_never_have_the_same_epoch() =>
        Assert.NotEqual(
            (await StoreWith(maxTopics: 1).GetStateAsync("topic", default)).Latest.Epoch,
            (await StoreWith(maxTopics: 1).GetStateAsync("topic", default)).Latest.Epoch);

    // Deletion and eviction, of used and unused topics.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Logs_of_a_topic_have_different_epochs(int seed)
    {
        var random = new Random(seed);
        InMemoryEventStore store = StoreWith(maxTopics: 2);
        var current = new Dictionary<string, string>();
        var ended = new HashSet<(string, string)>();
        for (int step = 0; step < 5000; step++)
        {
            string topic = $"{random.Next(5)}";
            switch (random.Next(4))
            {
                case 0:
                    Note(topic, await AppendAsync(store, topic));
                    break;
                case 1:
                    await store.DeleteAsync(topic, null, default);
                    End(topic);
                    break;
                case 2:
                    await store.CompleteAsync(topic, SseTopicStatus.Completed, null, default);
                    await store.DeleteAsync(topic, null, default);
                    End(topic);
                    break;
                default:
                    Note(topic, (await store.GetStateAsync(topic, default)).Latest.Epoch);
                    break;
            }

            foreach (string? evicted in _evicted)
            {
                End(evicted!);
            }

            _evicted.Clear();
        }

        Assert.InRange(ended.Count, 1000, 5000);

        void Note(string topic, string epoch)
        {
            Assert.DoesNotContain((topic, epoch), ended);
            current[topic] = epoch;
        }

        void End(string topic)
        {
            if (current.Remove(topic, out string? epoch))
            {
                ended.Add((topic, epoch));
            }
        }
    }

    private InMemoryEventStore StoreWith(int maxTopics)
    {
        var store = new InMemoryEventStore(new SseInMemoryEventStoreOptions { MaxTopics = maxTopics }, _time, _logs.CreateLogger("store"));
        store.UseFollowers(_followed.Contains);
        store.Subscribe(_evicted.Add);
        return store;
    }

    private static async Task<string> AppendAsync(InMemoryEventStore store, string topic) =>
        (await store.AppendAsync(topic, new byte[1], null, null, default)).Position.Epoch;
}

using SseKit.Stores.InMemory;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The memory use of the memory store with many topics, hot topics and long use.</summary>
public sealed class InMemoryEventStoreLoadTests
{
    // The queue of all events keeps entries of deleted events, up to this many and two for each event.
    private const int StaleEntries = 1024;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Evicts_the_longest_unused_topic()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxTopics = 3 });
        string a = await AppendAsync(store, "a");
        string b = await AppendAsync(store, "b");
        string c = await AppendAsync(store, "c");

        await store.GetStateAsync("a", default);
        string d = await AppendAsync(store, "d");

        Assert.Equal(3, store.Held.Topics);
        Assert.Equal([a, c, d], [await EpochAsync(store, "a"), await EpochAsync(store, "c"), await EpochAsync(store, "d")]);
        Assert.NotEqual(b, await EpochAsync(store, "b"));
    }

    [Fact]
    public async Task Reading_unused_topics_stores_and_evicts_nothing()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxTopics = 3 });
        string first = await AppendAsync(store, "first");
        string second = await AppendAsync(store, "second");

        for (int i = 0; i < 100; i++)
        {
            SsePosition head = (await store.GetStateAsync($"asked for {i}", default)).Latest;
            Assert.Equal(SseReadStatus.Ok, (await store.ReadAsync($"asked for {i}", head, 10, default)).Status);
            await store.DeleteAsync($"asked for {i}", null, default);
            await Assert.ThrowsAsync<SseStaleEpochException>(
                async () => await store.AppendAsync($"asked for {i}", new byte[1], null, head.Epoch, default));
        }

        Assert.Equal(first, await EpochAsync(store, "first"));
        Assert.Equal(second, await EpochAsync(store, "second"));
        Assert.Equal(2, store.Held.Topics);
    }

    [Fact]
    public async Task Evicts_topics_without_events_first()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxTopics = 3, MaxAge = TimeSpan.FromMinutes(1) });
        string expired = await AppendAsync(store, "expired");
        _time.Advance(TimeSpan.FromMinutes(1));
        string held = await AppendAsync(store, "held");
        await store.GetStateAsync("expired", default);

        string third = await AppendAsync(store, "third");
        string fourth = await AppendAsync(store, "fourth");

        Assert.Equal(
            [held, third, fourth], [await EpochAsync(store, "held"), await EpochAsync(store, "third"), await EpochAsync(store, "fourth")]);
        Assert.NotEqual(expired, await EpochAsync(store, "expired"));
    }

    [Fact]
    public async Task A_new_topic_keeps_its_epoch_beside_full_ones()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxTopics = 2 });
        await AppendAsync(store, "a");
        await AppendAsync(store, "b");

        string epoch = await EpochAsync(store, "new");

        Assert.Equal(epoch, await AppendAsync(store, "new"));
        Assert.Equal(2, store.Held.Topics);
    }

    [Fact]
    public async Task Many_deleted_topics_leave_nothing()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxTopics = 100 });

        for (int i = 0; i < 50_000; i++)
        {
            await AppendAsync(store, $"topic {i}");
            await store.GetStateAsync($"only asked for {i}", default);
        }

        (int topics, long events, long bytes, int entries) = store.Held;
        Assert.Equal(100, topics);
        Assert.InRange(events, 1, 100);
        Assert.InRange(bytes, events, 100_000);
        Assert.InRange(entries, events, StaleEntries + 200);
    }

    [Fact]
    public async Task A_hot_topic_behind_an_idle_one_stays_bounded()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxEventsPerTopic = 100 });
        await AppendAsync(store, "quiet");

        for (int i = 0; i < 100_000; i++)
        {
            await AppendAsync(store, "hot");
        }

        Assert.Equal(101, store.Held.Events);
        Assert.InRange(store.Held.Entries, 101, StaleEntries + 202 + 1);
    }

    [Fact]
    public async Task Deleted_topics_do_not_accumulate()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions());
        await AppendAsync(store, "quiet");

        for (int i = 0; i < 10_000; i++)
        {
            await AppendAsync(store, $"run {i}");
            await store.CompleteAsync($"run {i}", SseTopicStatus.Completed, null, default);
            await store.DeleteAsync($"run {i}", null, default);
        }

        Assert.Equal((1, 1), (store.Held.Topics, store.Held.Events));
        Assert.InRange(store.Held.Entries, 1, StaleEntries + 4);
    }

    [Fact]
    public async Task A_reader_behind_a_hot_topic_gets_complete_gaps()
    {
        const int Count = 30_000;
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxEventsPerTopic = 64 });
        SsePosition start = (await store.GetStateAsync("topic", default)).Latest;

        Task<(long Read, long Missed)>[] readers =
            [.. Enumerable.Range(1, 3).Select(each => Task.Run(() => ReadAsync(store, start, Count, each * 10)))];
        await Task.Run(async () =>
        {
            for (int i = 1; i <= Count; i++)
            {
                await store.AppendAsync("topic", BitConverter.GetBytes((long)i), null, null, default);
            }
        });

        foreach ((long read, long missed) in await Task.WhenAll(readers).OrTimeout())
        {
            Assert.Equal(Count, read + missed);
        }
    }

    private static async Task<(long Read, long Missed)> ReadAsync(InMemoryEventStore store, SsePosition position, int count, int pageSize)
    {
        long read = 0;
        long missed = 0;
        while (position.Sequence < count)
        {
            SseReadResult page = await store.ReadAsync("topic", position, pageSize, default);
            if (page.Status == SseReadStatus.Expired)
            {
                missed += page.State.EarliestSequence - 1 - position.Sequence;
                position = position with { Sequence = page.State.EarliestSequence - 1 };
                continue;
            }

            Assert.Equal(SseReadStatus.Ok, page.Status);
            foreach (SseStoredEvent each in page.Events)
            {
                Assert.Equal(position.Sequence + 1, each.Sequence);
                Assert.Equal(each.Sequence, BitConverter.ToInt64(each.Payload.Span));
                position = position with { Sequence = each.Sequence };
                read++;
            }

            await Task.Yield();
        }

        return (read, missed);
    }

    private InMemoryEventStore StoreWith(SseInMemoryEventStoreOptions options) => new(options, _time);

    private static async Task<string> AppendAsync(InMemoryEventStore store, string topic) =>
        (await store.AppendAsync(topic, new byte[1], null, null, default)).Position.Epoch;

    private static async Task<string> EpochAsync(InMemoryEventStore store, string topic) =>
        (await store.GetStateAsync(topic, default)).Latest.Epoch;
}

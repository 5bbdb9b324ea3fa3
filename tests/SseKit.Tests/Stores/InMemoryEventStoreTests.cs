using SseKit.Stores.InMemory;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The memory store's bounds: count, bytes and age together, for each topic and in all (I8).</summary>
public sealed class InMemoryEventStoreTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Holds_the_newest_events_of_a_topic()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxEventsPerTopic = 3 });

        await AppendAsync(store, "hot", count: 10);
        await AppendAsync(store, "other", count: 3);

        Assert.Equal((8, 10), await HeldAsync(store, "hot"));
        Assert.Equal((1, 3), await HeldAsync(store, "other"));
    }

    [Fact]
    public async Task Holds_no_more_bytes_of_a_topic_than_allowed()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxBytesPerTopic = 100 });

        await AppendAsync(store, "topic", count: 5, size: 30);

        Assert.Equal((3, 5), await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Drops_as_many_small_events_as_a_large_one_needs()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxBytesPerTopic = 100 });

        await AppendAsync(store, "topic", count: 10, size: 10);
        await AppendAsync(store, "topic", count: 1, size: 75);

        Assert.Equal((9, 11), await HeldAsync(store, "topic"));
    }

    [Theory]
    [InlineData(100, 1_000_000)]
    [InlineData(1_000_000, 100)]
    [InlineData(100, 100)]
    public async Task Holds_the_newest_event_whatever_its_size(long bytesPerTopic, long bytes)
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxBytesPerTopic = bytesPerTopic, MaxBytes = bytes });

        await AppendAsync(store, "topic", count: 3, size: 5000);

        Assert.Equal((3, 3), await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Drops_the_oldest_events_beyond_the_total_bytes()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxBytes = 40_000 });

        await AppendAsync(store, "old", count: 2, size: 9000);
        await AppendAsync(store, "middle", count: 1, size: 9000);
        await AppendAsync(store, "old", count: 1, size: 9000);
        await AppendAsync(store, "new", count: 2, size: 9000);

        Assert.Equal((3, 3), await HeldAsync(store, "old"));
        Assert.Equal((1, 1), await HeldAsync(store, "middle"));
        Assert.Equal((1, 2), await HeldAsync(store, "new"));
    }

    [Fact]
    public async Task Small_events_and_keys_count_with_their_overhead()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxBytes = 1_000_000, MaxEventsPerTopic = int.MaxValue });

        for (int i = 0; i < 20_000; i++)
        {
            await store.AppendAsync($"{i % 10}", Array.Empty<byte>(), new string('k', 200) + i, null, default);
        }

        Assert.InRange(store.Held.Events, 100, 2500);
    }

    [Fact]
    public async Task Drops_events_when_they_are_too_old()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxAge = TimeSpan.FromMinutes(10) });

        await AppendAsync(store, "topic", count: 2);
        _time.Advance(TimeSpan.FromMinutes(9));
        await AppendAsync(store, "topic", count: 2);
        Assert.Equal((1, 4), await HeldAsync(store, "topic"));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((3, 4), await HeldAsync(store, "topic"));

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal((5, 4), await HeldAsync(store, "topic"));
        Assert.Equal(0, store.Held.Bytes);
    }

    [Fact]
    public async Task Events_that_are_too_old_are_not_read()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxAge = TimeSpan.FromMinutes(10) });
        SsePosition start = (await store.GetStateAsync("topic", default)).Latest;
        await AppendAsync(store, "topic", count: 2);

        _time.Advance(TimeSpan.FromMinutes(10));
        SseReadResult page = await store.ReadAsync("topic", start, 10, default);

        Assert.Equal(SseReadStatus.Expired, page.Status);
        Assert.Equal(3, page.State.EarliestSequence);
    }

    [Fact]
    public async Task Holds_events_forever_without_an_age()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxAge = Timeout.InfiniteTimeSpan });

        await AppendAsync(store, "topic", count: 2);
        _time.Advance(TimeSpan.FromDays(10_000));

        Assert.Equal((1, 2), await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Releases_the_memory_of_expired_keys()
    {
        InMemoryEventStore store = StoreWith(new SseInMemoryEventStoreOptions { MaxAge = TimeSpan.FromMinutes(1) });
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(
                    (round * 100) + i + 1, (await store.AppendAsync("topic", new byte[1], $"{i}", null, default)).Position.Sequence);
            }

            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal((301, 300), await HeldAsync(store, "topic"));
        Assert.Equal((1, 0, 0, 0), store.Held);
    }

    private InMemoryEventStore StoreWith(SseInMemoryEventStoreOptions options) => new(options, _time);

    private static async Task AppendAsync(InMemoryEventStore store, string topic, int count, int size = 1)
    {
        for (int i = 0; i < count; i++)
        {
            await store.AppendAsync(topic, new byte[size], null, null, default);
        }
    }

    // The numbers of the oldest event that is held and of the newest.
    private static async Task<(long Oldest, long Newest)> HeldAsync(InMemoryEventStore store, string topic)
    {
        SseTopicState state = await store.GetStateAsync(topic, default);
        SseReadResult page = await store.ReadAsync(
            topic, state.Latest with { Sequence = state.EarliestSequence - 1 }, int.MaxValue, default);
        Assert.Equal(SseReadStatus.Ok, page.Status);
        Assert.Equal(state.Latest.Sequence - state.EarliestSequence + 1, page.Events.Count);
        return (state.EarliestSequence, state.Latest.Sequence);
    }
}

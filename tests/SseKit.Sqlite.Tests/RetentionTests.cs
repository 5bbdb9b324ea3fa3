using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.Sqlite.Tests;

/// <summary>Bounds by count, bytes and age, for a topic and in all, are exact for readers.</summary>
public sealed class RetentionTests : SqliteTest
{
    [Fact]
    public async Task Topic_beyond_its_count_holds_the_newest()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxEventsPerTopic = 3 });

        await AppendNumbersAsync(store, "topic", 1, 5);

        Assert.Equal(["3", "4", "5"], (await HeldAsync(store, "topic")).Select(Text));
        Assert.Equal(2, store.Evicted.Count);
    }

    [Fact]
    public async Task Topic_beyond_its_bytes_holds_the_newest()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxBytesPerTopic = 10 });

        await AppendAsync(store, "topic", "12345");
        await AppendAsync(store, "topic", "67890");
        await AppendAsync(store, "topic", "1");
        List<SseStoredEvent> two = await HeldAsync(store, "topic");
        await AppendAsync(store, "topic", new string('x', 100));

        Assert.Equal(["67890", "1"], two.Select(Text));
        Assert.Equal([4], (await HeldAsync(store, "topic")).Select(each => each.Sequence));
    }

    [Fact]
    public async Task Store_beyond_its_count_deletes_the_oldest_of_all_topics()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxEvents = 4 });

        await AppendNumbersAsync(store, "a", 1, 3);
        await AppendNumbersAsync(store, "b", 1, 3);

        Assert.Equal(["3"], (await HeldAsync(store, "a")).Select(Text));
        Assert.Equal(["1", "2", "3"], (await HeldAsync(store, "b")).Select(Text));
        Assert.Equal(2, store.Evicted.Count);
    }

    [Fact]
    public async Task Store_beyond_its_bytes_deletes_the_oldest_of_all_topics()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxBytes = 4 });

        await AppendNumbersAsync(store, "a", 1, 3);
        await AppendNumbersAsync(store, "b", 1, 3);

        Assert.Equal(["3"], (await HeldAsync(store, "a")).Select(Text));
        Assert.Equal(["1", "2", "3"], (await HeldAsync(store, "b")).Select(Text));
        Assert.Equal(2, store.Evicted.Count);
    }

    [Fact]
    public async Task Expired_events_are_not_read_before_they_are_deleted()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxAge = TimeSpan.FromMinutes(1) });
        for (int i = 1; i <= 20; i++)
        {
            await AppendAsync(store, "topic", $"{i}");
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Time.Advance(TimeSpan.FromSeconds(53));

        Assert.Equal(["15", "16", "17", "18", "19", "20"], (await HeldAsync(store, "topic")).Select(Text));
    }

    [Fact]
    public async Task Upkeep_applies_lowered_bounds_after_opening()
    {
        SqliteEventStore before = Open();
        await AppendNumbersAsync(before, "topic", 1, 2000);
        await before.DisposeAsync();
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxBytesPerTopic = 8 });

        await store.Upkeep.SweepAsync();

        Assert.Equal(["1999", "2000"], (await HeldAsync(store, "topic")).Select(Text));
    }

    [Theory]
    [InlineData(4, "done,done without event,new,old")]
    [InlineData(3, "done,done without event,new")]
    [InlineData(2, "done,done without event")]
    [InlineData(1, "done without event")]
    public async Task Topics_beyond_the_bound_are_deleted_completed_ones_last(int maxTopics, string held)
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { MaxTopics = maxTopics });
        await CompleteAsync(store, "done", "1");
        await CompleteAsync(store, "done without event");
        await AppendLaterAsync(store, "old");
        await AppendLaterAsync(store, "without event");
        await AppendLaterAsync(store, "new");
        Execute("update ssekit_topics set oldest = head + 1 where name = 'without event'");

        await store.Upkeep.SweepAsync();

        Assert.Equal(held, Query("select group_concat(name) from (select name from ssekit_topics order by name)"));
    }

    [Fact]
    public async Task File_shrinks_after_its_events_were_deleted()
    {
        SqliteEventStore store = Open(new SseSqliteEventStoreOptions { Synchronous = SseSqliteSynchronous.Normal });
        await Task.WhenAll(Enumerable.Range(0, 5000).Select(_ => store.AppendAsync("topic", new byte[1000], null, null, default).AsTask()));
        await store.DisposeAsync();
        long before = new FileInfo(FilePath).Length;
        store = Open();

        await store.DeleteAsync("topic", null, default);
        await store.Upkeep.SweepAsync();
        await store.DisposeAsync();

        Assert.InRange(before, 5_000_000, long.MaxValue);
        Assert.InRange(new FileInfo(FilePath).Length, 0, before / 3);
    }

    private async Task AppendLaterAsync(SqliteEventStore store, string topic)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        await AppendAsync(store, topic, "1");
    }

    private async Task CompleteAsync(SqliteEventStore store, string topic, params string[] texts)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        foreach (string text in texts)
        {
            await AppendAsync(store, topic, text);
        }

        await store.CompleteAsync(topic, SseTopicStatus.Completed, null, default);
    }

    private static async Task AppendNumbersAsync(SqliteEventStore store, string topic, int first, int last)
    {
        Task[] appends = [.. Enumerable.Range(first, last - first + 1).Select(number => AppendAsync(store, topic, $"{number}"))];
        await Task.WhenAll(appends);
    }
}

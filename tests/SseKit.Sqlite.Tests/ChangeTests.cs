using System.Collections.Concurrent;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.Sqlite.Writing;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Changes for which subscribers are called, besides those of the specification.</summary>
public sealed class ChangeTests : SqliteTest
{
    private readonly ConcurrentQueue<string?> _changed = new();

    [Fact]
    public async Task Changed_topics_beyond_the_limit_of_one_poll_are_announced()
    {
        SqliteEventStore store = await OpenSubscribedAsync(new SseSqliteEventStoreOptions());
        SqliteEventStore other = Open();
        string[] topics = [.. Enumerable.Range(0, 1500).Select(number => $"topic {number}")];

        await Task.WhenAll(topics.Select(topic => AppendAsync(other, topic, "1")));
        await LookAsync(store);

        Assert.True(_changed.Contains(null) || !topics.Except(_changed).Any());
    }

    [Fact]
    public async Task A_deleted_event_is_announced_by_the_next_poll()
    {
        var options = new SseSqliteEventStoreOptions { MaxEvents = 1 };
        SqliteEventStore store = await OpenSubscribedAsync(options);
        SqliteEventStore other = Open(options);

        await AppendAsync(other, "deleted", "1");
        await AppendAsync(other, "held", "1");
        await LookAsync(store);

        Assert.True(_changed.Contains(null) || _changed.Contains("deleted"));
    }

    [Fact]
    public async Task Topic_that_upkeep_deletes_is_announced()
    {
        SqliteEventStore store = await OpenSubscribedAsync(new SseSqliteEventStoreOptions { MaxTopics = 1 });
        await AppendAsync(store, "old", "1");
        Time.Advance(TimeSpan.FromSeconds(1));
        await AppendAsync(store, "new", "1");

        await store.Upkeep.SweepAsync();

        Assert.Contains("old", _changed);
    }

    [Fact]
    public async Task Change_that_arrives_as_the_writer_stops_ends()
    {
        // A missing directory makes each change fail at once, so that the writer is fast.
        var options = new SseSqliteEventStoreOptions();
        var file = new DatabaseFile(Path.Combine(DirectoryPath, "missing", "events.db"), "", options);
        Logs.ExpectError(record => record.Exception is DirectoryNotFoundException);
        for (int i = 0; i < 1000; i++)
        {
            var queue = new WriteQueue(
                file, new ForeignChanges(Logs.CreateLogger("store")), _ => throw new NotSupportedException(), Logs.CreateLogger("store"));
            Task<Exception?> first = Record.ExceptionAsync(() => queue.RunAsync(static _ => true, default).AsTask());
            Task<Exception?> second = Task.Run(() => Record.ExceptionAsync(() => queue.RunAsync(static _ => true, default).AsTask()));
            await Task.Run(queue.Dispose);

            Assert.IsType<DirectoryNotFoundException>(await first.OrTimeout());
            Assert.True(await second.OrTimeout() is DirectoryNotFoundException or ObjectDisposedException);
        }
    }

    // The first poll of a store reports all topics of the file.
    private async Task<SqliteEventStore> OpenSubscribedAsync(SseSqliteEventStoreOptions options)
    {
        SqliteEventStore store = Open(options);
        store.Subscribe(_changed.Enqueue);
        await LookAsync(store);
        _changed.Clear();
        return store;
    }

    // Each transaction of the store looks for changes, and announces them before the next one begins.
    private static async Task LookAsync(SqliteEventStore store)
    {
        await store.Writes.RunAsync(static _ => true, default);
        await store.Writes.RunAsync(static _ => true, default);
    }
}

using SseKit.Sqlite.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>After a crash of the machine that may have lost events, no position names two events. (I5)</summary>
public sealed class PowerFailureTests : SqliteTest
{
    [Fact]
    public async Task Topics_get_another_epoch_after_a_crash_without_flush()
    {
        SqliteEventStore before = Open(new SseSqliteEventStoreOptions { Synchronous = SseSqliteSynchronous.Normal });
        SsePosition first = await AppendAsync(before, "topic", "1");
        SsePosition unused = (await StateAsync(before, "unused")).Latest;
        await before.DisposeAsync();
        Execute("insert into ssekit_unflushed (id, boot, process) values ('a', 'an earlier boot', 1)");

        SqliteEventStore store = Open();

        Assert.Equal(SseReadStatus.Unknown, (await store.ReadAsync("topic", first, 10, default)).Status);
        Assert.NotEqual(unused.Epoch, (await StateAsync(store, "unused")).Latest.Epoch);
        Assert.Equal(["1"], (await HeldAsync(store, "topic")).Select(Text));
    }

    [Fact]
    public async Task Epochs_stay_if_the_file_was_closed_or_flushed()
    {
        foreach (SseSqliteSynchronous synchronous in Enum.GetValues<SseSqliteSynchronous>())
        {
            SqliteEventStore before = Open(new SseSqliteEventStoreOptions { Synchronous = synchronous });
            SsePosition first = await AppendAsync(before, $"{synchronous}", "1");
            await before.DisposeAsync();

            SqliteEventStore store = Open();

            Assert.Equal(first, (await StateAsync(store, $"{synchronous}")).Latest);
            await store.DisposeAsync();
        }
    }
}

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

    // The number of its process has no meaning here.
    [Fact]
    public async Task A_writer_in_another_container_counts_until_the_next_boot()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        SseSqliteEventStoreOptions options = new() { Synchronous = SseSqliteSynchronous.Normal };
        SqliteEventStore before = Open(options);
        SsePosition first = await AppendAsync(before, "topic", "1");
        string boot = (string)Query("select boot from ssekit_unflushed")!;
        await before.DisposeAsync();
        Assert.Matches(@"^\S+ pid:\[\d+\]$", boot);
        Execute($"""
            insert into ssekit_unflushed (id, boot, process) values
                ('killed', '{boot}', {int.MaxValue}), ('other', '{boot.Split(' ')[0]} pid:[1]', {int.MaxValue})
            """);

        await using (SqliteEventStore store = Open(options))
        {
            Assert.Equal(first, (await StateAsync(store, "topic")).Latest);
        }

        Assert.Equal("other", Query("select group_concat(id) from ssekit_unflushed"));
        Execute("update ssekit_unflushed set boot = 'an earlier boot'");
        await using SqliteEventStore after = Open(options);
        Assert.Equal(SseReadStatus.Unknown, (await after.ReadAsync("topic", first, 10, default)).Status);
        Assert.Equal(0L, Query("select count(*) from ssekit_unflushed where id = 'other'"));
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

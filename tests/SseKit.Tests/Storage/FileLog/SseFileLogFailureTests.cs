using Microsoft.Extensions.Logging;
using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>Disks that are full, that refuse to flush, and machines that stop.</summary>
public sealed class SseFileLogFailureTests : FileLogTest
{
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromSeconds(1);

    private readonly MemoryLogFiles _files = new();

    [Fact]
    public async Task A_full_disk_fails_publishes_and_what_is_held_can_be_read()
    {
        ExpectWriteFailures();
        SseFileEventStore store = Open(_files);
        await AppendAsync(store, "topic", "1");
        _files.Capacity = _files.Used + 200;

        (int published, IOException failure) = await PublishUntilFailureAsync(store);

        Assert.Contains(_files.Path, failure.Message);
        Assert.Contains("No space left", failure.Message);
        Assert.Equal(1 + published, (await HeldAsync(store, "topic")).Count);
        await Assert.ThrowsAsync<IOException>(async () => await store.CompleteAsync("topic", SseTopicStatus.Completed, null, default));
        await Assert.ThrowsAsync<IOException>(async () => await store.DeleteAsync("topic", null, default));
        Assert.Equal(SseTopicStatus.Open, (await StateAsync(store, "topic")).Status);
    }

    [Fact]
    public async Task Publishes_go_on_in_a_new_file_when_the_disk_has_room_again()
    {
        ExpectWriteFailures();
        SseFileEventStore store = Open(_files);
        await AppendAsync(store, "topic", "1");
        _files.Capacity = _files.Used + 200;
        (int published, _) = await PublishUntilFailureAsync(store);

        _files.Capacity = long.MaxValue;
        await Assert.ThrowsAsync<IOException>(async () => await AppendAsync(store, "topic", "too soon"));
        Time.Advance(RecoveryPause);
        SsePosition next = await AppendAsync(store, "topic", "next", key: "key");

        Assert.Equal(published + 2, next.Sequence);
        Assert.Equal(2, _files.List().Count);
        foreach (MemoryLogFiles crashed in (MemoryLogFiles[])[_files.AfterKill(), _files.AfterPowerFailure()])
        {
            SseFileEventStore reopened = Open(crashed);
            Assert.Equal(next, (await StateAsync(reopened, "topic")).Latest);
            List<SseStoredEvent> held = await HeldAsync(reopened, "topic");
            Assert.Equal(published + 2, held.Count);
            Assert.Equal("next", Text(held[^1]));
        }
    }

    [Fact]
    public async Task A_disk_that_stays_full_is_asked_again_and_publishes_fail_again()
    {
        ExpectWriteFailures();
        SseFileEventStore store = Open(_files);
        await AppendAsync(store, "topic", "1");
        _files.Capacity = _files.Used;

        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<IOException>(async () => await AppendAsync(store, "topic", "2"));
            Time.Advance(RecoveryPause);
        }

        _files.Capacity = long.MaxValue;
        Assert.Equal(2, (await AppendAsync(store, "topic", "2")).Sequence);
    }

    [Fact]
    public async Task A_flush_that_failed_closes_its_file_for_good()
    {
        ExpectWriteFailures();
        SseFileEventStore store = Open(_files);
        SsePosition first = await AppendAsync(store, "topic", "1");
        string name = Assert.Single(_files.List());
        long length = _files[name].Length;

        _files.FlushFails = true;
        var failure = await Assert.ThrowsAsync<IOException>(async () => await AppendAsync(store, "topic", "lost"));
        SseTopicState failed = await StateAsync(store, "topic");
        _files.FlushFails = false;
        Time.Advance(RecoveryPause);
        SsePosition second = await AppendAsync(store, "topic", "2");

        Assert.Contains("The disk does not answer", failure.Message);
        Assert.Equal(first, failed.Latest);
        Assert.Equal(first with { Sequence = 2 }, second);
        Assert.Equal(length, _files[name].Length);
        Assert.Equal(2, _files.List().Count);
        foreach (MemoryLogFiles crashed in (MemoryLogFiles[])[_files.AfterKill(), _files.AfterPowerFailure()])
        {
            SseFileEventStore reopened = Open(crashed);
            Assert.Equal(["1", "2"], (await HeldAsync(reopened, "topic")).Select(Text));
            Assert.Equal(second, (await StateAsync(reopened, "topic")).Latest);
        }
    }

    [Fact]
    public async Task A_key_of_a_publish_that_failed_is_free()
    {
        ExpectWriteFailures();
        SseFileEventStore store = Open(_files);
        _files.FlushFails = true;
        await Assert.ThrowsAsync<IOException>(async () => await AppendAsync(store, "topic", "lost", key: "key"));
        _files.FlushFails = false;
        Time.Advance(RecoveryPause);

        SsePosition again = await AppendAsync(store, "topic", "kept", key: "key");

        Assert.Equal(1, again.Sequence);
        Assert.Equal(again, await AppendAsync(store, "topic", "known", key: "key"));
        Assert.Equal("kept", Text(Assert.Single(await HeldAsync(store, "topic"))));
    }

    [Fact]
    public async Task Whichever_flush_fails_every_event_is_there_once()
    {
        const int Events = 25;
        ExpectWriteFailures();
        Logs.ExpectError(record => record.Id == SseFileLogEventIds.TidyingFailed);
        for (int failing = 1; failing <= 60; failing++)
        {
            var files = new MemoryLogFiles();
            SseFileEventStore store = Open(files, SmallFiles);
            int flushes = 0;
            files.Flushing = () => FailWhere(Interlocked.Increment(ref flushes) == failing);

            for (int i = 1; i <= Events; i++)
            {
                while (await Record.ExceptionAsync(async () => await AppendAsync(store, "topic", $"{i}", key: $"{i}")) is IOException)
                {
                    Time.Advance(RecoveryPause);
                }
            }

            files.Flushing = null;
            foreach (MemoryLogFiles crashed in (MemoryLogFiles[])[files.AfterKill(), files.AfterPowerFailure()])
            {
                SseFileEventStore reopened = Open(crashed, SmallFiles);
                Assert.Equal(Enumerable.Range(1, Events).Select(i => $"{i}"), (await HeldAsync(reopened, "topic")).Select(Text));
                Assert.Equal(await StateAsync(store, "topic"), await StateAsync(reopened, "topic"));
            }
        }
    }

    [Fact]
    public async Task Whatever_a_power_failure_interrupts_nothing_acknowledged_is_lost()
    {
        var crashes = new List<(MemoryLogFiles Files, SsePosition[] Acknowledged)>();
        var acknowledged = new List<SsePosition>();
        _files.Flushing = () => crashes.Add((_files.AfterPowerFailure(), [.. acknowledged]));
        SseFileEventStore store = Open(_files, SmallFiles);
        for (int i = 0; i < 60; i++)
        {
            acknowledged.Add(await AppendAsync(store, $"topic {i % 3}", $"{i}"));
        }

        foreach ((MemoryLogFiles crashed, SsePosition[] positions) in crashes)
        {
            SseFileEventStore reopened = Open(crashed, SmallFiles);
            for (int i = 0; i < positions.Length; i++)
            {
                SsePosition position = positions[i];
                SseReadResult page = await reopened.ReadAsync($"topic {i % 3}", position with { Sequence = position.Sequence - 1 }, 1, default);
                Assert.Equal($"{i}", Text(Assert.Single(page.Events)));
            }
        }
    }

    [Fact]
    public async Task A_power_failure_while_files_are_compacted_loses_nothing()
    {
        var options = new SseFileStoreOptions { MaxEventsPerTopic = 50, SegmentSize = 2000 };
        var crashes = new System.Collections.Concurrent.ConcurrentQueue<(MemoryLogFiles Files, int Least, int Most)>();
        int acknowledged = 0;
        int flushes = 0;
        _files.Flushing = () =>
        {
            if (Interlocked.Increment(ref flushes) % 7 == 0)
            {
                // The flush of a compaction runs beside the publisher, who goes on while the files are copied.
                int before = Volatile.Read(ref acknowledged);
                MemoryLogFiles files = _files.AfterPowerFailure();
                crashes.Enqueue((files, before, Volatile.Read(ref acknowledged) + 1));
            }
        };
        SseFileEventStore store = Open(_files, options);
        for (int i = 1; i <= 40; i++)
        {
            await AppendAsync(store, "quiet", $"{i}");
            Volatile.Write(ref acknowledged, i);
            await AppendNumbersAsync(store, "busy", 30);
        }

        // Compacting has its turn some time; on a busy machine the publisher may be through by then.
        await TestTimeout.UntilAsync(async () =>
        {
            await AppendNumbersAsync(store, "busy", 30);
            return crashes.Any(static crash => crash.Files.List().Any(static name => !name.EndsWith("-0.log", StringComparison.Ordinal)));
        });
        foreach ((MemoryLogFiles crashed, int least, int most) in crashes)
        {
            SseFileEventStore reopened = Open(crashed, options);
            List<SseStoredEvent> held = await HeldAsync(reopened, "quiet");
            Assert.InRange(held.Count, least, most);
            Assert.Equal(Enumerable.Range(1, held.Count).Select(i => $"{i}"), held.Select(Text));
        }
    }

    [Theory]
    [InlineData(SseFileSync.Interval)]
    [InlineData(SseFileSync.None)]
    public async Task Without_a_flush_a_kill_loses_nothing(SseFileSync sync)
    {
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { Sync = sync });
        SsePosition head = await AppendNumbersAsync(store, "topic", 5);

        SseFileEventStore reopened = Open(_files.AfterKill(), new SseFileStoreOptions { Sync = sync });

        Assert.Equal(head, (await StateAsync(reopened, "topic")).Latest);
        Assert.Equal(["1", "2", "3", "4", "5"], (await HeldAsync(reopened, "topic")).Select(Text));
    }

    [Theory]
    [InlineData(SseFileSync.Interval)]
    [InlineData(SseFileSync.None)]
    public async Task Without_a_flush_a_power_failure_is_a_gap(SseFileSync sync)
    {
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { Sync = sync });
        SsePosition head = await AppendNumbersAsync(store, "topic", 5);
        string unused = (await StateAsync(store, "unused")).Latest.Epoch;

        SseFileEventStore reopened = Open(_files.AfterPowerFailure(), new SseFileStoreOptions { Sync = sync });

        Assert.Equal(SseReadStatus.Unknown, (await reopened.ReadAsync("topic", head, 10, default)).Status);
        Assert.NotEqual(head.Epoch, (await AppendAsync(reopened, "topic", "6")).Epoch);
        Assert.NotEqual(unused, (await StateAsync(reopened, "unused")).Latest.Epoch);
        Assert.Contains(Logs.Records, record => record.Id == SseFileLogEventIds.MachineStopped && record.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task A_log_that_was_closed_keeps_everything_over_a_power_failure()
    {
        var options = new SseFileStoreOptions { Sync = SseFileSync.None };
        SseFileEventStore store = Open(_files, options);
        SsePosition head = await AppendNumbersAsync(store, "topic", 5);
        await store.DisposeAsync();

        SseFileEventStore reopened = Open(_files.AfterPowerFailure(), options);

        Assert.Equal(head, (await StateAsync(reopened, "topic")).Latest);
        Assert.Equal(5, (await HeldAsync(reopened, "topic")).Count);
    }

    [Fact]
    public async Task The_disk_is_flushed_in_the_interval()
    {
        var options = new SseFileStoreOptions { Sync = SseFileSync.Interval, SyncInterval = TimeSpan.FromSeconds(2) };
        SseFileEventStore store = Open(_files, options);
        await AppendNumbersAsync(store, "topic", 5);
        var flushed = new Infrastructure.Signal();
        _files.Flushing = flushed.Set;

        Time.Advance(TimeSpan.FromSeconds(2));
        await flushed.WaitAsync();
        await AppendAsync(store, "topic", "6");

        SseFileEventStore reopened = Open(_files.AfterPowerFailure(), options);
        Assert.Equal(["1", "2", "3", "4", "5"], (await HeldAsync(reopened, "topic")).Select(Text));
    }

    private static void FailWhere(bool fails)
    {
        if (fails)
        {
            throw new IOException("The disk does not answer.");
        }
    }

    private void ExpectWriteFailures() => Logs.ExpectError(record => record.Id == SseFileLogEventIds.WriteFailed);

    private static async Task<(int Published, IOException Failure)> PublishUntilFailureAsync(SseFileEventStore store)
    {
        for (int published = 0; ; published++)
        {
            try
            {
                await AppendAsync(store, "topic", "x");
            }
            catch (IOException exception)
            {
                return (published, exception);
            }
        }
    }
}

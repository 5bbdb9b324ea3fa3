using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

public sealed class SseFileLogRetentionTests : FileLogTest
{
    // What a segment begins with, for the few topics of these tests, and a batch that came when it was nearly full.
    private const int Slack = 1000;

    private readonly MemoryLogFiles _files = new();

    [Fact]
    public async Task Holds_no_more_events_of_a_topic_than_allowed()
    {
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { MaxEventsPerTopic = 3 });

        await AppendNumbersAsync(store, "hot", 10);
        await AppendNumbersAsync(store, "other", 3);

        Assert.Equal(["8", "9", "10"], (await HeldAsync(store, "hot")).Select(Text));
        Assert.Equal(["1", "2", "3"], (await HeldAsync(store, "other")).Select(Text));
    }

    [Fact]
    public async Task Holds_no_more_bytes_of_a_topic_than_allowed_and_the_newest_whatever_its_size()
    {
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { MaxBytesPerTopic = 3 * (SseLogFrame.EventLength + 1) });

        await AppendNumbersAsync(store, "topic", 5);
        List<SseStoredEvent> held = await HeldAsync(store, "topic");
        await AppendAsync(store, "topic", new string('x', 5000));

        Assert.Equal(["3", "4", "5"], held.Select(Text));
        Assert.Equal(6, Assert.Single(await HeldAsync(store, "topic")).Sequence);
    }

    [Fact]
    public async Task Takes_no_more_of_the_disk_than_allowed()
    {
        const int MaxBytes = 20_000;
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { MaxBytes = MaxBytes, SegmentSize = 1000 });
        for (int i = 1; i <= 2000; i++)
        {
            await AppendAsync(store, $"topic {i % 4}", $"{i}");
        }

        await store.Log.Tidied.OrTimeout();
        Assert.InRange(_files.Used, MaxBytes / 2, MaxBytes + Slack);
        Assert.Equal(_files.Used, store.Log.State.Bytes);
        for (int i = 0; i < 4; i++)
        {
            List<SseStoredEvent> held = await HeldAsync(store, $"topic {i}");
            Assert.Equal(500, held[^1].Sequence);
            Assert.InRange(held.Count, 50, 200);
        }
    }

    [Theory]
    [InlineData(1, long.MaxValue)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(1, 1)]
    public async Task Holds_the_newest_event_whatever_the_bounds(long maxBytes, long maxEvents)
    {
        var options = new SseFileStoreOptions { MaxBytes = maxBytes, MaxEvents = maxEvents };
        SseFileEventStore store = Open(_files, options);

        for (int i = 1; i <= 20; i++)
        {
            await AppendAsync(store, "topic", new string('x', i * 100));
            Assert.Equal(i, (await HeldAsync(store, "topic"))[^1].Sequence);
        }

        await store.Log.Tidied.OrTimeout();
        Assert.InRange(_files.List().Count, 1, 3);
    }

    [Fact]
    public async Task Holds_no_more_events_in_all_than_allowed()
    {
        const int MaxEvents = 400;
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { MaxEvents = MaxEvents });

        for (int i = 1; i <= 2000; i++)
        {
            await AppendAsync(store, $"topic {i % 4}", $"{i}");
            Assert.InRange(store.Log.State.Events, Math.Min(i, MaxEvents * 3 / 4), MaxEvents);
        }
    }

    [Fact]
    public async Task What_is_too_old_leaves_the_disk_without_anybody_asking_for_it()
    {
        SseFileEventStore store = Open(_files, new SseFileStoreOptions { MaxAge = TimeSpan.FromMinutes(10), SegmentSize = 1000 });
        long empty = _files.Used;
        SsePosition head = await AppendNumbersAsync(store, "topic", 200);
        Assert.InRange(_files.Used, 200 * SseLogFrame.EventLength, 1_000_000);

        Time.Advance(TimeSpan.FromMinutes(11));

        await TestTimeout.UntilAsync(() => _files.Used < empty + Slack);
        Assert.Equal(new SseTopicState(head, 201, SseTopicStatus.Open), await StateAsync(store, "topic"));
        SseFileEventStore reopened = Open(_files.AfterKill());
        Assert.Equal(new SseTopicState(head, 201, SseTopicStatus.Open), await StateAsync(reopened, "topic"));
    }

    [Fact]
    public async Task Quiet_topics_between_busy_ones_do_not_keep_the_disk_full()
    {
        var options = new SseFileStoreOptions { MaxEventsPerTopic = 100, SegmentSize = 4000 };
        SseFileEventStore store = Open(_files, options);
        SsePosition start = (await StateAsync(store, "quiet")).Latest;
        using var done = new CancellationTokenSource();
        Task reading = Task.Run(() => ReadAgainAndAgainAsync(store, start, done.Token));

        for (int i = 1; i <= 100; i++)
        {
            await AppendAsync(store, "quiet", $"{i}", key: $"{i}");
            await AppendNumbersAsync(store, "busy", 60);
        }

        await done.CancelAsync();
        await reading.OrTimeout();
        await store.Log.Tidied.OrTimeout();
        Assert.InRange(_files.Used, 1, 100_000);
        Assert.Contains(_files.List(), name => !name.EndsWith("-0.log", StringComparison.Ordinal));
        foreach (SseFileEventStore each in (SseFileEventStore[])[store, Open(_files.AfterKill(), options), Open(_files.AfterPowerFailure(), options)])
        {
            Assert.Equal(Enumerable.Range(1, 100).Select(i => $"{i}"), (await HeldAsync(each, "quiet")).Select(Text));
            Assert.Equal(100, (await HeldAsync(each, "busy")).Count);
            Assert.Equal(7, (await AppendAsync(each, "quiet", "again", key: "7")).Sequence);
        }
    }

    [Fact]
    public async Task Remembers_no_more_topics_than_allowed()
    {
        var options = new SseFileStoreOptions { MaxTopics = 3 };
        SseFileEventStore store = Open(_files, options);
        SsePosition a = await AppendAsync(store, "a", "1");
        SsePosition b = await AppendAsync(store, "b", "1");
        SsePosition c = await AppendAsync(store, "c", "1");

        await StateAsync(store, "a");
        SsePosition d = await AppendAsync(store, "d", "1");

        foreach (SseFileEventStore each in (SseFileEventStore[])[store, Open(_files.AfterKill(), options)])
        {
            Assert.Equal(3, each.Log.State.Topics.Count);
            Assert.Equal([a, c, d], [(await StateAsync(each, "a")).Latest, (await StateAsync(each, "c")).Latest, (await StateAsync(each, "d")).Latest]);
            Assert.NotEqual(b.Epoch, (await StateAsync(each, "b")).Latest.Epoch);
        }
    }

    [Fact]
    public async Task Topics_that_are_only_asked_for_leave_nothing_behind()
    {
        SseFileEventStore store = Open(_files);
        long before = _files.Used;
        string[] epochs = new string[10_000];
        for (int i = 0; i < epochs.Length; i++)
        {
            epochs[i] = (await StateAsync(store, $"asked for {i}")).Latest.Epoch;
        }

        await AppendAsync(store, "asked for 77", "1");
        await store.DeleteAsync("asked for 77", null, default);

        Assert.Equal(epochs.Length, epochs.Distinct().Count());
        Assert.Empty(store.Log.State.Topics);
        Assert.InRange(_files.Used, before, before + Slack);
        SseFileEventStore reopened = Open(_files.AfterKill());
        Assert.Equal(epochs[78], (await StateAsync(reopened, "asked for 78")).Latest.Epoch);
        Assert.NotEqual(epochs[77], (await StateAsync(reopened, "asked for 77")).Latest.Epoch);
    }

    [Fact]
    public async Task A_reader_keeps_what_it_reads_while_its_file_is_dropped()
    {
        SseFileEventStore store = Open(new SseFileStoreOptions { Sync = SseFileSync.None, MaxEventsPerTopic = 50, SegmentSize = 3000 });
        SsePosition start = (await StateAsync(store, "topic")).Latest;
        using var done = new CancellationTokenSource();
        Task<long>[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadWholePagesAsync(store, start, done.Token)))];

        await AppendNumbersAsync(store, "topic", 1500);
        await done.CancelAsync();

        Assert.All(await Task.WhenAll(readers).OrTimeout(), last => Assert.Equal(1500, last));
        await store.Log.Tidied.OrTimeout();
        Assert.InRange(LogFiles().Count, 1, 20);
    }

    private static async Task ReadAgainAndAgainAsync(SseFileEventStore store, SsePosition start, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            List<SseStoredEvent> events = await ReadAsync(store, "quiet", start);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(i => $"{i}"), events.Select(Text));
        }
    }

    // Goes on over gaps, and reads to the end once more when everything is published. Returns where it ended.
    private static async Task<long> ReadWholePagesAsync(SseFileEventStore store, SsePosition position, CancellationToken done)
    {
        while (true)
        {
            bool last = done.IsCancellationRequested;
            SseReadResult page = await store.ReadAsync("topic", position, 7, default);
            if (page.Status == SseReadStatus.Expired)
            {
                position = position with { Sequence = page.State.EarliestSequence - 1 };
                continue;
            }

            Assert.Equal(SseReadStatus.Ok, page.Status);
            Assert.All(page.Events, each => Assert.Equal($"{each.Sequence}", Text(each)));
            if (page.Events.Count > 0)
            {
                position = position with { Sequence = page.Events[^1].Sequence };
            }
            else if (last)
            {
                return position.Sequence;
            }
        }
    }
}

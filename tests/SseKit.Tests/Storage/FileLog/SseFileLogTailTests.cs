using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>What a process leaves behind that is killed while it writes.</summary>
public sealed class SseFileLogTailTests : FileLogTest
{
    [Fact]
    public async Task A_file_that_ends_anywhere_is_opened_with_all_events_before()
    {
        SseFileEventStore store = Open();
        string file = LogFiles()[0];
        var ends = new List<long>();
        SsePosition head = default;
        for (int i = 1; i <= 5; i++)
        {
            head = await AppendAsync(store, "topic", new string('x', i * 7), key: $"key {i}");
            ends.Add(new FileInfo(file).Length);
        }

        string copy = CopyOfDirectory("copy");
        string cut = Path.Combine(copy, Path.GetFileName(file));
        byte[] whole = await File.ReadAllBytesAsync(cut);
        for (long length = ends[1]; length <= ends[^1]; length++)
        {
            await File.WriteAllBytesAsync(cut, whole[..(int)length]);
            int expected = ends.Count(end => end <= length);

            await using SseFileEventStore reopened = Open(directory: copy);

            Assert.Equal(Enumerable.Range(1, expected).Select(i => i * 7), (await HeldAsync(reopened, "topic")).Select(each => each.Payload.Length));
            Assert.Equal(head with { Sequence = expected + 1 }, await AppendAsync(reopened, "topic", "next"));
            Assert.Equal(2, (await AppendAsync(reopened, "topic", "again", key: "key 2")).Sequence);
        }
    }

    [Fact]
    public async Task A_topic_whose_first_event_was_torn_off_is_there_without_it()
    {
        SseFileEventStore store = Open();
        await AppendAsync(store, "one", "a");
        long before = new FileInfo(LogFiles()[0]).Length;
        string promised = (await StateAsync(store, "two")).Latest.Epoch;
        await AppendAsync(store, "two", "b");
        string copy = CopyOfDirectory("copy");
        string cut = Path.Combine(copy, Path.GetFileName(LogFiles()[0]));
        byte[] whole = await File.ReadAllBytesAsync(cut);

        for (long length = before; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(cut, whole[..(int)length]);
            await using SseFileEventStore reopened = Open(directory: copy);

            Assert.Equal(new SseTopicState(new SsePosition(promised, 0), 1, SseTopicStatus.Open), await StateAsync(reopened, "two"));
            Assert.Equal(new SsePosition(promised, 1), await AppendAsync(reopened, "two", "c"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Zeros_behind_the_last_event_are_cut_off(int count)
    {
        SseFileEventStore store = Open();
        SsePosition head = await AppendNumbersAsync(store, "topic", 3);
        string copy = CopyOfDirectory("copy");
        await File.AppendAllBytesAsync(Path.Combine(copy, Path.GetFileName(LogFiles()[0])), new byte[count]);

        SseFileEventStore reopened = Open(directory: copy);

        Assert.Equal(["1", "2", "3"], (await HeldAsync(reopened, "topic")).Select(Text));
        Assert.Equal(head with { Sequence = 4 }, await AppendAsync(reopened, "topic", "4"));
    }

    [Fact]
    public async Task A_segment_that_was_not_finished_is_cleared_away()
    {
        SseFileEventStore store = Open();
        SsePosition head = await AppendNumbersAsync(store, "topic", 3);
        string copy = CopyOfDirectory("copy");
        string unfinished = Path.Combine(copy, "000000000002-0.log.new");
        await File.WriteAllTextAsync(unfinished, "SSEKLOG1 and not much more");

        SseFileEventStore reopened = Open(directory: copy);

        Assert.Equal(head, (await StateAsync(reopened, "topic")).Latest);
        Assert.False(File.Exists(unfinished));
    }

    [Fact]
    public async Task What_a_compaction_left_of_the_old_file_is_cleared_away()
    {
        SseFileEventStore store = Open();
        SsePosition head = await AppendNumbersAsync(store, "topic", 3);
        await store.DisposeAsync();
        string file = LogFiles()[0];
        byte[] whole = await File.ReadAllBytesAsync(file);
        var header = new byte[SseLogHeader.Length];
        Assert.True(SseLogHeader.TryRead(whole, out SseLogHeader read));
        (read with { Compaction = 1 }).Write(header);
        string compacted = Path.Combine(DirectoryPath, (read with { Compaction = 1 }).FileName);
        await File.WriteAllBytesAsync(compacted, [.. header, .. whole[SseLogHeader.Length..]]);

        SseFileEventStore reopened = Open();

        Assert.Equal(["1", "2", "3"], (await HeldAsync(reopened, "topic")).Select(Text));
        Assert.Equal(head with { Sequence = 4 }, await AppendAsync(reopened, "topic", "4"));
        Assert.Equal([compacted], LogFiles());
    }
}

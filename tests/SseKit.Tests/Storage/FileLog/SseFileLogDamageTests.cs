using Microsoft.Extensions.Logging;
using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>
/// Disks that give back other bytes than they were given. What is damaged is said aloud and never served, and no number is given out twice (I4,
/// I5).
/// </summary>
public sealed class SseFileLogDamageTests : FileLogTest
{
    private readonly Dictionary<SsePosition, string> _published = [];

    [Fact]
    public async Task A_bit_that_flips_anywhere_is_found()
    {
        var files = new MemoryLogFiles();
        await using (SseFileEventStore store = Open(files, SmallFiles))
        {
            await PublishAsync(store, "one", 6);
            await PublishAsync(store, "two", 1);
            await store.DeleteAsync("two", null, default);
            await PublishAsync(store, "two", 2);
            await PublishAsync(store, "one", 6);
            await PublishAsync(store, "three", 1);
            await store.CompleteAsync("three", SseTopicStatus.Completed, null, default);
            await PublishAsync(store, "four", 3);
        }

        Assert.InRange(files.List().Count, 2, 4);
        Logs.ExpectError(record => record.Message.Contains("damage", StringComparison.Ordinal));
        foreach (string name in files.List())
        {
            for (int i = 0; i < files[name].Length; i++)
            {
                MemoryLogFiles damaged = files.AfterKill();
                byte[] bytes = damaged[name].Bytes;
                bytes[i] ^= (byte)(1 << (i % 8));
                damaged[name].Bytes = bytes;

                await AssertNothingWrongAsync(damaged);
            }
        }
    }

    [Fact]
    public async Task An_event_that_is_damaged_while_the_store_is_open_is_a_gap()
    {
        Logs.ExpectError(record => record.Id == SseFileLogEventIds.ReadDamaged);
        SseFileEventStore store = Open();
        SsePosition head = await AppendNumbersAsync(store, "topic", 5);
        string file = LogFiles()[0];
        byte[] whole = await File.ReadAllBytesAsync(file);
        SseLogEntry third = store.Log.State.FindByName("topic")!.Entries[2];
        using (FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            stream.Position = third.Offset + third.Length - 1;
            stream.WriteByte((byte)'?');
        }

        SseReadResult first = await store.ReadAsync("topic", head with { Sequence = 0 }, 100, default);
        SseReadResult second = await store.ReadAsync("topic", head with { Sequence = 2 }, 100, default);
        SseReadResult third4 = await store.ReadAsync("topic", head with { Sequence = 3 }, 100, default);

        Assert.Equal(["1", "2"], first.Events.Select(Text));
        Assert.Equal((SseReadStatus.Expired, 4), (second.Status, second.State.EarliestSequence));
        Assert.Equal(["4", "5"], third4.Events.Select(Text));
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_file_that_is_lost_is_a_gap()
    {
        SseFileEventStore store = Open(SmallFiles);
        SsePosition head = await AppendNumbersAsync(store, "topic", 100);
        await store.DisposeAsync();
        Assert.InRange(LogFiles().Count, 4, 100);
        File.Delete(LogFiles()[1]);

        SseFileEventStore reopened = Open(SmallFiles);

        SseTopicState state = await StateAsync(reopened, "topic");
        Assert.Equal(head, state.Latest);
        Assert.InRange(state.EarliestSequence, 20, 80);
        Assert.Equal(Enumerable.Range((int)state.EarliestSequence, 101 - (int)state.EarliestSequence).Select(i => $"{i}"), (await HeldAsync(reopened, "topic")).Select(Text));
        Assert.Equal(SseReadStatus.Expired, (await reopened.ReadAsync("topic", head with { Sequence = 1 }, 10, default)).Status);
    }

    [Fact]
    public async Task A_directory_that_is_lost_is_another_log()
    {
        SseFileEventStore store = Open();
        SsePosition head = await AppendNumbersAsync(store, "topic", 3);
        string unused = (await StateAsync(store, "unused")).Latest.Epoch;
        await store.DisposeAsync();
        File.Delete(LogFiles()[0]);

        SseFileEventStore reopened = Open();

        Assert.NotEqual(head.Epoch, (await StateAsync(reopened, "topic")).Latest.Epoch);
        Assert.NotEqual(unused, (await StateAsync(reopened, "unused")).Latest.Epoch);
        Assert.Equal(SseReadStatus.Unknown, (await reopened.ReadAsync("topic", head with { Sequence = 0 }, 10, default)).Status);
    }

    [Fact]
    public async Task Files_of_two_logs_are_refused()
    {
        string other = Path.Combine(DirectoryPath, "other");
        SseFileEventStore one = Open(SmallFiles);
        await AppendNumbersAsync(one, "topic", 100);
        SseFileEventStore two = Open(directory: other);
        await two.DisposeAsync();
        await one.DisposeAsync();
        File.Copy(Path.Combine(other, "000000000001-0.log"), LogFiles()[0], overwrite: true);

        var exception = Assert.Throws<IOException>(() => Open(SmallFiles));

        Assert.Contains(DirectoryPath, exception.Message);
        Assert.Contains("another event store", exception.Message);
    }

    private async Task PublishAsync(SseFileEventStore store, string topic, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string text = $"event {_published.Count} of {topic}";
            _published.Add(await AppendAsync(store, topic, text), text);
        }
    }

    private async Task AssertNothingWrongAsync(MemoryLogFiles files)
    {
        await using SseFileEventStore store = Open(files, SmallFiles);
        foreach (string topic in (string[])["one", "two", "three", "four"])
        {
            foreach ((SsePosition position, string text) in _published)
            {
                SseReadResult page = await store.ReadAsync(topic, position with { Sequence = position.Sequence - 1 }, 1, default);
                Assert.All(page.Events, each => Assert.Equal(text, Text(each)));
            }

            SseTopicState state = await StateAsync(store, topic);
            if (state.Status == SseTopicStatus.Open)
            {
                Assert.DoesNotContain(await AppendAsync(store, topic, "new"), _published.Keys);
            }
        }
    }
}

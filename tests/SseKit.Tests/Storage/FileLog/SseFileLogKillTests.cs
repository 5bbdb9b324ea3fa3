using System.Diagnostics;
using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>A process that publishes is killed, again and again, and the log goes on.</summary>
[Collection(KilledProcesses.Name)]
public sealed class SseFileLogKillTests : FileLogTest
{
    private const int Kills = 50;

    private readonly Dictionary<(string Topic, SsePosition Position), string> _acknowledged = [];

    [Fact]
    public async Task Every_acknowledged_event_of_killed_processes_is_there_in_order_and_once()
    {
        for (int life = 0; life < Kills; life++)
        {
            await PublishAndKillAsync(life, afterEvents: 1 + (life * 29 % 150));

            // The processes that are killed live by another clock.
            await using SseFileEventStore store = Open(new SseFileStoreOptions { MaxAge = Timeout.InfiniteTimeSpan });
            await AssertEverythingIsThereAsync(store);
        }

        Assert.Single(_acknowledged.Keys.Where(each => each.Topic == "topic-0").Select(each => each.Position.Epoch).Distinct());
        Assert.InRange(LogFiles().Count, 2, 1000);
    }

    private async Task PublishAndKillAsync(int life, int afterEvents)
    {
        using Process process = Process.Start(DotnetProgram.Named("SseKit.StoreCrasher.dll", DirectoryPath, $"{life}"))!;
        for (int lines = 0; await process.StandardOutput.ReadLineAsync().OrTimeout() is { } line; lines++)
        {
            string[] parts = line.Split(' ');
            Assert.True(SsePosition.TryParse(parts[1], out SsePosition position));
            _acknowledged.Add((parts[0], position), parts[2]);
            if (lines == afterEvents)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync().OrTimeout();
        Assert.Equal(128 + 9, process.ExitCode);
    }

    private async Task AssertEverythingIsThereAsync(SseFileEventStore store)
    {
        var texts = new HashSet<string>();
        foreach (IGrouping<string, KeyValuePair<(string Topic, SsePosition Position), string>> topic in _acknowledged.GroupBy(each => each.Key.Topic))
        {
            List<SseStoredEvent> held = await HeldAsync(store, topic.Key);
            Assert.Equal(Enumerable.Range(1, held.Count), held.Select(each => (int)each.Sequence));
            Assert.All(held, each => Assert.True(texts.Add(Text(each).TrimEnd('.'))));
            Assert.All(topic, each => Assert.Equal(each.Value, Text(held[(int)each.Key.Position.Sequence - 1]).TrimEnd('.')));
            foreach (IEnumerable<string> publisher in held.Select(each => Text(each).TrimEnd('.')).GroupBy(text => text[..text.LastIndexOf('.')]))
            {
                Assert.Equal(publisher.OrderBy(text => int.Parse(text[(text.LastIndexOf('.') + 1)..], null)), publisher);
            }
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Publishing processes are killed repeatedly, and the file holds all events that they acknowledged.</summary>
[Collection(KilledProcesses.Name)]
public sealed class KillTests : SqliteTest
{
    private const int Kills = 50;

    private readonly Dictionary<(string Topic, SsePosition Position), string> _acknowledged = [];

    [Theory]
    [InlineData(SseSqliteSynchronous.Full, 30)]
    [InlineData(SseSqliteSynchronous.Normal, Kills - 30)]
    public async Task Acknowledged_events_of_killed_processes_are_held_in_order(SseSqliteSynchronous synchronous, int kills)
    {
        for (int life = 0; life < kills; life++)
        {
            await PublishAndKillAsync(life, synchronous, afterEvents: 1 + (life * 29 % 150));

            // The killed processes have the system's clock.
            await using SqliteEventStore store = Open(
                new SseSqliteEventStoreOptions { MaxAge = Timeout.InfiniteTimeSpan, Synchronous = synchronous });
            await AssertAllHeldAsync(store);
        }

        // A machine that does not name its boot takes a killed process for a power failure, which may lose what was not flushed.
        if (synchronous == SseSqliteSynchronous.Full || OperatingSystem.IsLinux())
        {
            Assert.Single(_acknowledged.Keys.Where(each => each.Topic == "topic-0").Select(each => each.Position.Epoch).Distinct());
        }
    }

    private async Task PublishAndKillAsync(int life, SseSqliteSynchronous synchronous, int afterEvents)
    {
        using Process process = Process.Start(DotnetProgram.Named("SseKit.StoreCrasher.dll", FilePath, $"{life}", $"{synchronous}"))!;
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
        Assert.Equal(OperatingSystem.IsWindows() ? -1 : 128 + 9, process.ExitCode);
    }

    private async Task AssertAllHeldAsync(SqliteEventStore store)
    {
        var texts = new HashSet<string>();
        foreach (var topic in _acknowledged.GroupBy(each => each.Key.Topic))
        {
            List<SseStoredEvent> held = await HeldAsync(store, topic.Key);
            Assert.Equal(Enumerable.Range(1, held.Count), held.Select(each => (int)each.Sequence));
            Assert.All(held, each => Assert.True(texts.Add(Text(each).TrimEnd('.'))));
            Assert.All(topic, each => Assert.Equal(each.Value, Text(held[(int)each.Key.Position.Sequence - 1]).TrimEnd('.')));
            foreach (IEnumerable<string> publisher in held
                .Select(each => Text(each).TrimEnd('.')).GroupBy(text => text[..text.LastIndexOf('.')]))
            {
                Assert.Equal(publisher.OrderBy(NumberOf), publisher);
            }
        }
    }

    private static int NumberOf(string text) => int.Parse(text[(text.LastIndexOf('.') + 1)..], CultureInfo.InvariantCulture);
}

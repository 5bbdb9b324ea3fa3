using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>The app's connection string may have settings that suit other uses of the file.</summary>
public sealed class ConnectionStringTests : SqliteTest
{
    [Theory]
    [InlineData("Cache=Shared")]
    [InlineData("Pooling=True")]
    [InlineData("Foreign Keys=True;Recursive Triggers=True")]
    public async Task Publishes_and_reads_work_with_any_setting(string setting)
    {
        SqliteEventStore store = Open(path: $"Data Source={FilePath};{setting}");

        // Readers have opened the file before the writer does.
        SseTopicState unused = await StateAsync(store, "topic");
        await AppendAsync(store, "topic", "1");
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.WhenAll(
            AppendAsync(store, "topic", $"{i}"), AppendAsync(store, $"topic {i}", "1"), StateAsync(store, "topic")))).OrTimeout();

        Assert.Equal(unused.Latest with { Sequence = 101 }, (await StateAsync(store, "topic")).Latest);
    }
}

using System.Text;
using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>
/// A test with a directory of its own, and stores in it that are closed when it ends. An Error in the log that it did not announce fails it.
/// </summary>
public abstract class FileLogTest : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<SseFileEventStore> _stores = [];

    protected string DirectoryPath => _directory.Path;

    protected ManualTimeProvider Time { get; } = new();

    protected LogCapture Logs { get; } = new();

    internal static SseFileStoreOptions SmallFiles => new() { SegmentSize = 1000 };

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (SseFileEventStore store in _stores)
        {
            await store.DisposeAsync();
        }

        _directory.Delete();
        Logs.AssertNoUnexpectedErrors();
    }

    internal SseFileEventStore Open(SseFileStoreOptions? options = null, string? directory = null) =>
        Open(new SseDiskFiles(directory ?? DirectoryPath), options);

    internal SseFileEventStore Open(ISseLogFiles files, SseFileStoreOptions? options = null)
    {
        var store = new SseFileEventStore(files, options ?? new SseFileStoreOptions(), Time, Logs.CreateLogger("store"));
        store.Open();
        _stores.Add(store);
        return store;
    }

    internal static byte[] Payload(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(SseStoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    internal static async ValueTask<SsePosition> AppendAsync(ISseEventStore store, string topic, string text, string? key = null) =>
        (await store.AppendAsync(topic, Payload(text), key, null, default)).Position;

    // Appends "1", "2", … and returns the last position.
    internal static async Task<SsePosition> AppendNumbersAsync(ISseEventStore store, string topic, int count)
    {
        SsePosition position = default;
        for (int i = 1; i <= count; i++)
        {
            position = await AppendAsync(store, topic, $"{i}");
        }

        return position;
    }

    internal static async Task<SseTopicState> StateAsync(ISseEventStore store, string topic) => await store.GetStateAsync(topic, default);

    /// <summary>What is held of a topic.</summary>
    internal static async Task<List<SseStoredEvent>> HeldAsync(ISseEventStore store, string topic)
    {
        SseTopicState state = await StateAsync(store, topic);
        return await ReadAsync(store, topic, state.Latest with { Sequence = state.EarliestSequence - 1 });
    }

    /// <summary>Reads to the end of a topic; nothing where there is a gap.</summary>
    internal static async Task<List<SseStoredEvent>> ReadAsync(ISseEventStore store, string topic, SsePosition after)
    {
        var events = new List<SseStoredEvent>();
        while (true)
        {
            SseReadResult page = await store.ReadAsync(topic, after, 100, default);
            if (page.Events.Count == 0)
            {
                return events;
            }

            events.AddRange(page.Events);
            after = after with { Sequence = page.Events[^1].Sequence };
        }
    }

    /// <summary>The log's files, oldest first.</summary>
    internal IReadOnlyList<string> LogFiles() => [.. Directory.EnumerateFiles(DirectoryPath, "*.log").Order(StringComparer.Ordinal)];

    /// <summary>A copy of the directory, as a crash at this moment would leave it.</summary>
    internal string CopyOfDirectory(string name)
    {
        string copy = Path.Combine(DirectoryPath, name);
        Directory.CreateDirectory(copy);
        foreach (string file in LogFiles())
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        }

        return copy;
    }
}

using System.Text;
using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests.Infrastructure;

/// <summary>A test with a directory of its own, and stores that are closed when it ends. An unexpected Error in the log fails it.</summary>
public abstract class SqliteTest : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<SqliteEventStore> _stores = [];

    protected string DirectoryPath => _directory.Path;

    protected string FilePath => Path.Combine(DirectoryPath, "events.db");

    protected ManualTimeProvider Time { get; } = new();

    protected LogCapture Logs { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (SqliteEventStore store in _stores)
        {
            await store.DisposeAsync();
        }

        _directory.Delete();
        Logs.AssertNoUnexpectedErrors();
    }

    internal SqliteEventStore Open(SseSqliteEventStoreOptions? options = null, string? path = null)
    {
        options ??= new SseSqliteEventStoreOptions();
        var store = new SqliteEventStore(new DatabaseFile(path ?? FilePath, "", options), options, Time, Logs.CreateLogger("store"));
        _stores.Add(store);
        return store;
    }

    /// <summary>A connection of the app, which is not pooled.</summary>
    internal SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        return connection;
    }

    internal object? Query(string text)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }

    internal void Execute(string text)
    {
        using SqliteConnection connection = Connect();
        Execute(connection, text);
    }

    internal static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    internal static byte[] Payload(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(SseStoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    internal static async Task<SsePosition> AppendAsync(ISseEventStore store, string topic, string text, string? key = null) =>
        (await store.AppendAsync(topic, Payload(text), key, null, default).AsTask().OrTimeout()).Position;

    internal static async Task<SseTopicState> StateAsync(ISseEventStore store, string topic) => await store.GetStateAsync(topic, default);

    /// <summary>The events that are held of a topic.</summary>
    internal static async Task<List<SseStoredEvent>> HeldAsync(ISseEventStore store, string topic)
    {
        SseTopicState state = await StateAsync(store, topic);
        SsePosition after = state.Latest with { Sequence = state.EarliestSequence - 1 };
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
}

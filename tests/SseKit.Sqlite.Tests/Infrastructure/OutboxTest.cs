using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests.Infrastructure;

/// <summary>A test with a database of the app, which has a table of orders, and apps that publish in its transactions.</summary>
public abstract class OutboxTest : ServerTest
{
    private readonly TemporaryDirectory _directory = new();

    protected string DirectoryPath => _directory.Path;

    protected string FilePath => Path.Combine(_directory.Path, "shop.db");

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        using SqliteConnection connection = Connect();
        Execute(connection, "create table orders (id integer)");
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
        _directory.Delete();
    }

    /// <summary>A connection of the app, from its pool.</summary>
    protected SqliteConnection Connect()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        return connection;
    }

    protected static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    protected object? Query(string text)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }

    /// <summary>A server of the app: it follows at /follow?topics=a,b.</summary>
    private protected Task<KestrelApp> StartAppAsync(Action<SseSqliteEventStoreOptions>? configure = null) => StartAsync(
        app => app.MapSse("/follow", (string topics) => SseResults.Follow(topics.Split(','))),
        builder => builder.Services.AddSse().AddSqliteEventStore(FilePath, options =>
        {
            options.SharesDatabase = true;
            options.PollInterval = TimeSpan.FromMilliseconds(10);
            configure?.Invoke(options);
        }));

    private protected async Task<SqliteEventStore> StartStoreAsync(Action<SseSqliteEventStoreOptions>? configure = null) =>
        StoreOf(await StartAppAsync(configure));

    private protected static SqliteEventStore StoreOf(KestrelApp app) =>
        (SqliteEventStore)app.Services.GetRequiredService<ISseEventStore>();

    private protected static ISsePublisher PublisherOf(KestrelApp app) => app.Services.GetRequiredService<ISsePublisher>();

    private protected static Task<StreamClient> FollowAsync(KestrelApp app, string topics) =>
        StreamClient.OpenAsync(app.CreateClient(), $"/follow?topics={topics}");

    private protected static ValueTask<string> PublishAsync(
        KestrelApp app, SqliteTransaction transaction, string topic, string data, string? key = null) => PublisherOf(app).PublishAsync(
            topic, new SseItem<string>(data), new SsePublishOptions { Transaction = transaction, IdempotencyKey = key });

    private protected static async Task<SsePosition> AppendAsync(
        SqliteEventStore store, SqliteTransaction transaction, string topic, string data, string? key = null, string? epoch = null)
    {
        SseAppendRequest request = StoreCalls.Request(topic, [Encoding.UTF8.GetBytes(data)], key, epoch);
        return (await store.AppendAsync(transaction, request, default)).Position;
    }

    /// <summary>The data of the published events that the store holds, which are stored as lines of the stream.</summary>
    private protected static async Task<List<string>> HeldAsync(KestrelApp app, string topic) =>
        [.. (await HeldAsync(StoreOf(app), topic)).Select(text => text.Replace("data: ", "", StringComparison.Ordinal).TrimEnd('\n'))];

    private protected static async Task<List<string>> HeldAsync(SqliteEventStore store, string topic) =>
        [.. (await SqliteTest.HeldAsync(store, topic)).Select(SqliteTest.Text)];

    private string ConnectionString => $"Data Source={FilePath}";
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>A test with its own schema, apps that share it, and stores without an app.</summary>
public abstract class PostgreSqlTest : ServerTest
{
    private readonly List<PostgreSqlEventStore> _stores = [];
    private NpgsqlDataSource? _source;

    private protected PostgreSqlServer Server { get; private set; } = null!;

    private protected string Schema { get; } = TestSchema.Next();

    private protected string QuotedSchema => SsePostgreSqlSchema.Quote(Schema);

    /// <summary>Connections for the app's own statements.</summary>
    private protected NpgsqlDataSource Source => _source ??= NpgsqlDataSource.Create(Server.ConnectionString);

    /// <summary>The connection string that the apps use.</summary>
    private protected virtual string StoreConnectionString => Server.ConnectionString;

    public override async Task InitializeAsync() => Server = await StartServerAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (PostgreSqlEventStore store in _stores)
        {
            await store.DisposeAsync();
        }

        _source?.Dispose();
        await EndServerAsync();
    }

    private protected virtual Task<PostgreSqlServer> StartServerAsync() => PostgreSqlServer.SharedAsync();

    private protected virtual async Task EndServerAsync() => await Server.ExecuteAsync($"drop schema if exists {QuotedSchema} cascade");

    /// <summary>One server of an app: it follows at /follow?topics=a,b.</summary>
    private protected Task<KestrelApp> StartAppAsync(
        Action<SsePostgreSqlEventStoreOptions>? store = null, Action<WebApplication>? endpoints = null,
        Action<SseOptions>? options = null) =>
        StartAsync(
            app =>
            {
                app.MapSse("/follow", (string topics) => SseResults.Follow(topics.Split(',')));
                endpoints?.Invoke(app);
            },
            builder => builder.Services.AddSse(options).AddPostgreSqlEventStore(StoreConnectionString, each =>
            {
                each.Schema = Schema;

                // Polling is disabled in effect: the tests receive changes by notification, unless they test polling.
                each.PollInterval = TimeSpan.FromHours(1);
                each.UpkeepInterval = TimeSpan.FromHours(1);
                store?.Invoke(each);
            }));

    private protected PostgreSqlEventStore OpenStore(Action<SsePostgreSqlEventStoreOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new SsePostgreSqlEventStoreOptions { Schema = Schema, UpkeepInterval = TimeSpan.FromHours(1) };
        configure?.Invoke(options);
        var store = new PostgreSqlEventStore(
            DataSource.Own(Server.ConnectionString), options, time ?? TimeProvider.System, NullLogger.Instance);
        _stores.Add(store);
        return store;
    }

    private protected static ISsePublisher PublisherOf(KestrelApp app) => app.Services.GetRequiredService<ISsePublisher>();

    private protected static Task<StreamClient> FollowAsync(KestrelApp app, string topics, string? lastEventId = null) =>
        StreamClient.OpenAsync(app.CreateClient(), $"/follow?topics={topics}", lastEventId);

    private protected static ReadOnlyMemory<byte> Payload(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private protected static string Text(SseStoredEvent stored) => System.Text.Encoding.UTF8.GetString(stored.Payload.Span);

    private protected static string[] Numbers(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(number => $"{number}")];

    internal static bool IsOutage(Exception exception) => exception is NpgsqlException;

    /// <summary>Gives the lease of a topic to another server: for the store, the server that had it has ended.</summary>
    private protected Task GiveLeaseAwayAsync(string topic) => Server.ExecuteAsync(
        $"update {QuotedSchema}.leases set owner = 'another server', expires_at = clock_timestamp() + interval '1 hour' "
        + $"where name = '\\x{Convert.ToHexString(TopicKey.Encode(topic))}'");

    private protected Task DeleteLeaseAsync(string topic) => Server.ExecuteAsync(
        $"delete from {QuotedSchema}.leases where name = '\\x{Convert.ToHexString(TopicKey.Encode(topic))}'");

    private protected Task DeleteEventAsync(string topic, long sequence) => Server.ExecuteAsync(
        $"delete from {QuotedSchema}.events e using {QuotedSchema}.topics t where t.id = e.topic and e.sequence = {sequence} "
        + $"and t.name = '\\x{Convert.ToHexString(TopicKey.Encode(topic))}'");

    /// <summary>Completes after a time by the clock of the server, which decides when leases expire.</summary>
    private protected Task ServerTimeAsync(int seconds) => Server.ExecuteAsync($"select pg_sleep({seconds})");
}

using System.Net.ServerSentEvents;
using Microsoft.Extensions.Logging;
using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// The apps use the database through PgBouncer in transaction mode, which passes on no notifications and keeps no session for its clients.
/// </summary>
public sealed class PoolerTests : PostgreSqlTest
{
    private PgBouncer? _pooler;

    private protected override string StoreConnectionString => _pooler!.ConnectionString;

    [PgBouncerFact]
    public async Task Events_of_other_servers_arrive_with_the_poll()
    {
        const int Publishers = 8;
        const int EventsEach = 50;
        KestrelApp a = await StartAppAsync(Poll);
        KestrelApp b = await StartAppAsync(Poll);
        await using StreamClient client = await FollowAsync(b, "room");

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (int i = 0; i < EventsEach; i++)
            {
                await PublisherOf(a).PublishAsync(
                    "room", new SseItem<string>("event"), new SsePublishOptions { IdempotencyKey = $"{publisher} {i}" });
                await PublisherOf(b).GetLastEventIdAsync("room");
            }
        })));

        Assert.All(await client.TakeAsync(Publishers * EventsEach), data => Assert.Equal("event", data));
        await PublisherOf(a).CompleteAsync("room");
        Assert.Empty(await client.ReadToEndAsync());
    }

    [PgBouncerFact]
    public async Task An_event_is_published_within_a_transaction()
    {
        KestrelApp a = await StartAppAsync(Poll);
        KestrelApp b = await StartAppAsync(Poll);
        await using StreamClient here = await FollowAsync(a, "room");
        await using StreamClient there = await FollowAsync(b, "room");
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(StoreConnectionString);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await PublisherOf(a).PublishAsync("room", new SseItem<string>("committed"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();

        Assert.Equal(["committed"], await here.TakeAsync(1));
        Assert.Equal(["committed"], await there.TakeAsync(1));
    }

    [PgBouncerFact]
    public async Task Missing_notifications_are_logged_with_one_warning()
    {
        KestrelApp app = await StartAppAsync(Poll);
        await using StreamClient client = await FollowAsync(app, "room");

        LogRecord warning = await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.NotificationsDoNotArrive);

        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("PollInterval", warning.Message, StringComparison.Ordinal);
        _pooler = await _pooler!.RestartAsync(Server);
        await PublishSurelyAsync(app, "after it");
        Assert.Equal(["after it"], await client.TakeAsync(1));
        Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.NotificationsDoNotArrive);
    }

    private protected override async Task<PostgreSqlServer> StartServerAsync()
    {
        PostgreSqlServer server = await base.StartServerAsync();
        _pooler = await PgBouncer.StartAsync(server);
        return server;
    }

    private protected override async Task EndServerAsync()
    {
        await _pooler!.DisposeAsync();
        await base.EndServerAsync();
    }

    // The app has connections to the pooler that has ended.
    private static async Task PublishSurelyAsync(KestrelApp app, string data)
    {
        for (bool published = false; !published;)
        {
            try
            {
                await PublisherOf(app).PublishAsync("room", new SseItem<string>(data), new SsePublishOptions { IdempotencyKey = data });
                published = true;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(10);
            }
        }
    }

    private static void Poll(SsePostgreSqlEventStoreOptions options) => options.PollInterval = TimeSpan.FromMilliseconds(50);
}

using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// The database becomes unavailable while an app publishes and clients follow. No event is lost or duplicated, and the streams stay open.
/// </summary>
public sealed class OutageTests : PostgreSqlTest
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_crash_of_the_database_loses_no_events()
    {
        KestrelApp a = await StartAppAsync(options: options => options.HeartbeatInterval = Heartbeat);
        KestrelApp b = await StartAppAsync(options: options => options.HeartbeatInterval = Heartbeat);
        await using StreamClient here = await FollowAsync(a, "room");
        await using StreamClient there = await FollowAsync(b, "room");
        using RawConnection silent = await b.ConnectAsync();
        await silent.GetAsync("/follow?topics=silent");
        await silent.ReadUntilAsync("ssekit.open");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        await publishing.PublishedAsync(50);

        for (int i = 0; i < 2; i++)
        {
            await Server.CrashAsync();
            await publishing.FailedAsync();
            for (int heartbeat = 0; heartbeat < 10; heartbeat++)
            {
                await silent.ReadUntilAsync("\n:");
            }

            await Server.StartAgainAsync();
            await publishing.PublishedAsync(50);
        }

        int count = await publishing.StopAsync();
        string[] expected = [.. Enumerable.Range(1, count).Select(number => $"{number}")];
        Assert.Equal(expected, await here.TakeAsync(count));
        Assert.Equal(expected, await there.TakeAsync(count));
        await PublisherOf(a).PublishAsync("silent", "last event");
        await silent.ReadUntilAsync("last event");
    }

    [Fact]
    public async Task Terminated_connections_lose_no_events()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync(store => store.PollInterval = TimeSpan.FromHours(1));
        await using StreamClient client = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");

        for (int i = 0; i < 5; i++)
        {
            await publishing.PublishedAsync(20);
            await Server.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'SseKit'");
        }

        await publishing.PublishedAsync(20);
        int count = await publishing.StopAsync();
        Assert.Equal(Enumerable.Range(1, count).Select(number => $"{number}"), await client.TakeAsync(count));
    }

    [Fact]
    public async Task Events_published_while_the_listener_is_disconnected_are_found_later()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");
        await PublisherOf(a).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        await Server.ExecuteAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            + "where query like 'listen%' or query like '%pg_snapshot_xmin%' and pid <> pg_backend_pid()");
        await PublisherOf(a).PublishAsync("room", "2");

        Assert.Equal(["2"], await client.TakeAsync(1));
        await PublisherOf(a).PublishAsync("room", "3");
        Assert.Equal(["3"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_database_that_refuses_connections_ends_no_stream()
    {
        await Server.ExecuteAsync("create database refusing");
        string database = Server.ConnectionString.Replace("Database=postgres", "Database=refusing", StringComparison.Ordinal);
        KestrelApp app = await StartAsync(
            app => Microsoft.AspNetCore.Builder.SseEndpointRouteBuilderExtensions.MapSse(
                app, "/follow", (string topics) => SseResults.Follow(topics.Split(','))),
            builder => Microsoft.Extensions.DependencyInjection.SsePostgreSqlBuilderExtensions.AddPostgreSqlEventStore(
                Microsoft.Extensions.DependencyInjection.SseServiceCollectionExtensions.AddSse(builder.Services), database));
        await PublisherOf(app).PublishAsync("room", "1");
        await using StreamClient before = await FollowAsync(app, "room");

        await Server.ExecuteAsync("alter database refusing allow_connections false");
        await Server.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'refusing'");
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () => await PublisherOf(app).PublishAsync("room", "refused"));
        await using StreamClient meanwhile = await StreamClient.ConnectAsync(app.CreateClient(), "/follow?topics=room");
        await Server.ExecuteAsync("alter database refusing allow_connections true");

        Assert.Equal("ssekit.open", (await meanwhile.NextAsync()).EventType);
        await PublisherOf(app).PublishAsync("room", "2");
        Assert.Equal(["2"], await before.TakeAsync(1));
        Assert.Equal(["2"], await meanwhile.TakeAsync(1));
    }

    private protected override Task<PostgreSqlServer> StartServerAsync() => PostgreSqlServer.StartAsync();

    private protected override async Task EndServerAsync() => await Server.DisposeAsync();
}

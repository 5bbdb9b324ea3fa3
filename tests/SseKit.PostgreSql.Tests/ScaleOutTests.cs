using Microsoft.Extensions.DependencyInjection;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>Several servers of one app, each with its own store, in one database.</summary>
public sealed class ScaleOutTests : PostgreSqlTest
{
    [Fact]
    public async Task Clients_receive_events_of_the_other_server()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");

        for (int i = 1; i <= 50; i++)
        {
            await PublisherOf(a).PublishAsync("room", $"{i}");
        }

        Assert.Equal(Numbers(1, 50), await client.TakeAsync(50));
    }

    // As if a server had ended between its commit and its notification.
    [Fact]
    public async Task A_change_without_notification_is_found_by_the_poll()
    {
        KestrelApp app = await StartAppAsync(store => store.PollInterval = TimeSpan.FromMilliseconds(50));
        await using StreamClient client = await FollowAsync(app, "room");
        await PublisherOf(app).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        await AppendUnnotifiedAsync("2");
        Assert.Equal(["2"], await client.TakeAsync(1));

        // A transaction that began first and commits last, among polls that find other commits.
        await using Npgsql.NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using Npgsql.NpgsqlTransaction late = await connection.BeginTransactionAsync();
        await AppendUnnotifiedAsync("late", connection);
        await using StreamClient other = await FollowAsync(app, "another");
        for (int i = 0; i < 5; i++)
        {
            await AppendUnnotifiedAsync($"{i}", topic: "another");
            Assert.Equal([$"{i}"], await other.TakeAsync(1));
        }

        await late.CommitAsync();
        Assert.Equal(["late"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_thousand_followers_share_reads_and_connections()
    {
        const int Followers = 1000;
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await PublisherOf(a).PublishAsync("room", "0");
        RawConnection[] clients = await Task.WhenAll(Enumerable.Range(0, Followers).Select(async _ =>
        {
            RawConnection client = await b.ConnectAsync();
            await client.SendAsync("GET /follow?topics=room HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await client.ReadUntilAsync("ssekit.open");
            return client;
        }));
        var store = (PostgreSqlEventStore)b.Services.GetRequiredService<ISseEventStore>();
        long before = store.PagesRead;

        for (int i = 1; i <= 10; i++)
        {
            await PublisherOf(a).PublishAsync("room", $"event {i}!");
            await Task.WhenAll(clients.Select(client => client.ReadUntilAsync($"event {i}!")));
        }

        // Separate reads of the thousand would be 20,000.
        Assert.InRange(store.PagesRead - before, 1, 2000);
        Assert.InRange(await ConnectionsAsync(), 1, 2 * PostgreSqlEventStore.MaxConnections);
    }

    private async Task AppendUnnotifiedAsync(string data, Npgsql.NpgsqlConnection? connection = null, string topic = "room")
    {
        await using Npgsql.NpgsqlConnection? own = connection is null ? await Source.OpenConnectionAsync() : null;
        await using var command = new Npgsql.NpgsqlCommand(
            $"select count(*) from {QuotedSchema}.append("
            + "array[$1], array[1], array[1], array[$2], array[null::bytea], array[null::text], false, null)",
            connection ?? own)
        {
            Parameters = { new() { Value = TopicKey.Encode(topic) }, new() { Value = Payload($"data: {data}\n\n").ToArray() } },
        };
        await command.ExecuteNonQueryAsync();
    }

    private Task<long> ConnectionsAsync() => Server.AskAsync<long>(
        "select count(*) from pg_stat_activity where application_name = 'SseKit' and backend_type = 'client backend'");
}

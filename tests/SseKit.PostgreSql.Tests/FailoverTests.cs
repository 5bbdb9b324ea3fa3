using System.Net.ServerSentEvents;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// The primary dies, and an asynchronous standby without its last transactions is promoted. Apps reach both by one connection string.
/// </summary>
public sealed class FailoverTests : PostgreSqlTest
{
    private const string Unknown = "{\"reason\":\"unknown\"}";

    private PostgreSqlServer? _standby;

    private PostgreSqlServer Standby => _standby!;

    private protected override string StoreConnectionString =>
        $"Host=127.0.0.1:{Server.Port},127.0.0.1:{Standby.Port};Username=postgres;Database=postgres;Timeout=5;"
        + "Target Session Attributes=primary;Host Recheck Seconds=0";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _standby = await PostgreSqlServer.StartStandbyAsync(Server);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Standby.DisposeAsync();
    }

    [Fact]
    public async Task Only_clients_beyond_the_fork_get_a_gap()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient beyond = await FollowAsync(a, "room");
        await using StreamClient there = await FollowAsync(b, "room");
        await using StreamClient quiet = await FollowAsync(a, "quiet");
        await using StreamClient unused = await FollowAsync(b, "unused");
        await using StreamClient begun = await FollowAsync(a, "begun");
        StreamClient both = await FollowAsync(a, "quiet,room");
        string fork = await PublishAsync(a, "room", 1, 5);
        await PublishAsync(a, "quiet", 1, 3);
        await quiet.TakeAsync(3);
        await both.TakeAsync(8);
        await both.DisposeAsync();
        await Standby.DisconnectAsync(Server);
        string lost = await PublishAsync(a, "room", 6, 9);
        await PublishAsync(a, "begun", 1, 2);
        await Task.WhenAll(beyond.TakeAsync(9), there.TakeAsync(9), begun.TakeAsync(2));

        await FailOverAsync();
        string first = await PublishAgainAsync(a, "room", 10);
        await PublishAgainAsync(a, "quiet", 4);
        await PublishAgainAsync(b, "unused", 1);
        await PublishAgainAsync(b, "begun", 3);
        string last = await PublishAsync(b, "room", 11, 14);

        string[] later = ["10", "11", "12", "13", "14"];
        string[] gapAndLater = [Unknown, .. later];
        Assert.Equal(gapAndLater, await beyond.TakeAsync(6));
        Assert.Equal(gapAndLater, await there.TakeAsync(6));
        Assert.Equal(last, beyond.LastEventId);
        Assert.Equal(["4"], await quiet.TakeAsync(1));
        Assert.Equal(["1"], await unused.TakeAsync(1));
        Assert.Equal([Unknown, "3"], await begun.TakeAsync(2));
        Assert.Equal(later, await (await FollowAsync(b, "room", fork)).TakeAsync(5));
        Assert.Equal(["4", .. later], (await (await FollowAsync(b, "quiet,room", both.LastEventId)).TakeAsync(6)).OrderBy(text => text.Length));
        Assert.Equal([Unknown], await (await FollowAsync(b, "room", lost)).TakeAsync(1));
        Assert.Equal(["11"], await (await FollowAsync(a, "room", first)).TakeAsync(1));
    }

    [Fact]
    public async Task A_failover_in_the_middle_of_publishing_is_one_gap()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient here = await FollowAsync(a, "room");
        await using StreamClient there = await FollowAsync(b, "room");
        StreamClient early = await FollowAsync(b, "room");
        await using var publishing = new SteadyPublisher(PublisherOf(a), "room");
        await publishing.PublishedAsync(50);
        await early.TakeAsync(20);
        await early.DisposeAsync();
        await Standby.DisconnectAsync(Server);
        await publishing.PublishedAsync(50);

        await FailOverAsync();
        await publishing.PublishedAsync(50);

        int published = await publishing.StopAsync();
        SseItem<string>[] held = await PublisherOf(b).ReadAsync("room").ToArrayAsync();
        string[] all = [.. held.Select(item => item.Data)];
        Assert.Equal($"{published}", all[^1]);
        int fork = all.TakeWhile((text, i) => text == $"{i + 1}").Count();
        Assert.InRange(fork, 50, published - 51);
        Assert.Equal(all[20..], await (await FollowAsync(b, "room", early.LastEventId)).TakeAsync(all.Length - 20));
        foreach (StreamClient client in (StreamClient[])[here, there])
        {
            string[] read = await ReadToAsync(client, all[^1]);
            int gap = Array.IndexOf(read, Unknown);

            // Everything that was acknowledged before the failover, and everything after it.
            Assert.Equal(Enumerable.Range(1, gap).Select(number => $"{number}"), read[..gap]);
            Assert.InRange(gap, fork, published);
            Assert.Equal(all[fork..], read[(gap + 1)..]);
        }
    }

    [Fact]
    public async Task A_publish_within_a_transaction_continues_the_log()
    {
        KestrelApp a = await StartAppAsync();
        string lost = await PublishAsync(a, "room", 1, 2);
        await Standby.DisconnectAsync(Server);
        await FailOverAsync();
        await using Npgsql.NpgsqlDataSource source = Npgsql.NpgsqlDataSource.Create(Standby.ConnectionString);
        await using Npgsql.NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using (Npgsql.NpgsqlTransaction dropped = await connection.BeginTransactionAsync())
        {
            await PublisherOf(a).PublishAsync("room", new SseItem<string>("dropped"), new SsePublishOptions { Transaction = dropped });
        }

        await using Npgsql.NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        string id = await PublisherOf(a).PublishAsync(
            "room", new SseItem<string>("3"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();

        Assert.EndsWith("-3", id, StringComparison.Ordinal);
        Assert.NotEqual(lost[..^1], id[..^1]);
        Assert.Equal(id, await PublisherOf(a).GetLastEventIdAsync("room"));
        Assert.Equal(["3"], await (await FollowAsync(a, "room", lost)).TakeAsync(1));
    }

    private protected override Task<PostgreSqlServer> StartServerAsync() => PostgreSqlServer.StartAsync();

    private protected override async Task EndServerAsync() => await Server.DisposeAsync();

    private async Task FailOverAsync()
    {
        await Server.CrashAsync();
        await Standby.PromoteAsync();
    }

    private static async Task<string> PublishAsync(KestrelApp app, string topic, int first, int last)
    {
        string id = "";
        for (int number = first; number <= last; number++)
        {
            id = await PublisherOf(app).PublishAsync(topic, $"{number}");
        }

        return id;
    }

    // Connections to the dead server fail first.
    private static async Task<string> PublishAgainAsync(KestrelApp app, string topic, int number)
    {
        while (true)
        {
            try
            {
                return await PublisherOf(app).PublishAsync(
                    topic, new SseItem<string>($"{number}"), new SsePublishOptions { IdempotencyKey = $"{number}" });
            }
            catch (Npgsql.NpgsqlException)
            {
                await Task.Delay(10);
            }
        }
    }

    private static async Task<string[]> ReadToAsync(StreamClient client, string last)
    {
        List<string> read = [];
        while (read is not [.., var text] || text != last)
        {
            read.Add((await client.NextAsync()).Data);
        }

        return [.. read];
    }
}

using System.Net.Sockets;
using Npgsql;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Postgres;

/// <summary>
/// The PostgreSQL store, on a server that the caller names: rates of publishing, the delay to the clients of two servers, and the load that
/// a thousand followers cause in the database.
/// </summary>
internal static class PostgresBenchmark
{
    private const string Schema = "ssekit_benchmark";
    private const string Event = """{"symbol":"ACME","price":42.5}""";

    private static readonly int[] PublisherCounts = [1, 16, 256];
    private static readonly int[] TopicCounts = [1, 64];

    public static async Task RunAsync(string connectionString, int rounds, int seconds, int stored, int followers, string? only)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = 64,
        };
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(settings);
        await ExecuteAsync(source, $"drop schema if exists {Schema} cascade");
        await using (SharedServer a = await SharedServer.StartAsync(connectionString, Schema))
        await using (SharedServer b = await SharedServer.StartAsync(connectionString, Schema))
        {
            await a.Publisher.PublishAsync("warm up", Event);
            await RunPartAsync("rates", () => RatesAsync(source, a.Publisher, rounds, TimeSpan.FromSeconds(seconds)));
            await RunPartAsync("delivery", () => Delivery.RunAsync(a, b));
            await RunPartAsync("followers", () => FollowersAsync(source, a, b, followers));
            await RunPartAsync("stored", () => StoredAsync(source, a.Publisher, stored));
        }

        await ExecuteAsync(source, $"drop schema {Schema} cascade");

        Task RunPartAsync(string name, Func<Task> part) => only is null || only == name ? part() : Task.CompletedTask;
    }

    private static async Task RatesAsync(NpgsqlDataSource source, ISsePublisher publisher, int rounds, TimeSpan duration)
    {
        var bare = new BareInsert(source, Schema);
        await bare.CreateAsync();
        var table = new Table("topics", "publishers", "publishes/s", "bare inserts/s, 64 connections", "ratio, median (min to max)");
        foreach (int topics in TopicCounts)
        {
            foreach (int publishers in PublisherCounts)
            {
                var published = new List<double>();
                var inserted = new List<double>();
                for (int round = 0; round <= rounds; round++)
                {
                    published.Add(await PublishLoad.RateAsync(publishers, duration, async (each, count) =>
                        await publisher.PublishAsync($"topic {(each + count) % topics}", Event)));
                    inserted.Add(await PublishLoad.RateAsync(
                        publishers, duration, (each, count) => bare.InsertAsync($"topic {(each + count) % topics}")));
                }

                // The first round warms up.
                Spread ratio = Spread.Ratio(published.Skip(1), inserted.Skip(1));
                table.Add(
                    $"{topics}", $"{publishers}", $"{Spread.Of(published.Skip(1)).Median:F0}", $"{Spread.Of(inserted.Skip(1)).Median:F0}",
                    ratio.ToString("F2"));
            }
        }

        table.Print();
    }

    private static async Task FollowersAsync(NpgsqlDataSource source, SharedServer a, SharedServer b, int followers)
    {
        const int Events = 100;
        long before = await ConnectionsAsync(source);
        var clients = new List<Socket>();
        byte[] buffer = new byte[64 * 1024];
        for (int i = 0; i < followers; i++)
        {
            Socket client = RawRequest.Connect(b.Port);
            client.Send(RawRequest.Get("/follow/all"));
            await ReceiveAsync(client, buffer, "ssekit.open");
            clients.Add(client);
        }

        long connected = await ConnectionsAsync(source);
        long reads = await ReadsAsync(source);
        for (int i = 0; i < Events; i++)
        {
            await a.Publisher.PublishAsync("all", $"event {i}!");
            foreach (Socket client in clients)
            {
                await ReceiveAsync(client, buffer, $"event {i}!");
            }
        }

        long perEvent = (await ReadsAsync(source) - reads) / Events;
        var table = new Table("followers on B", "connections of A and B before", "with them", "reads of B for each event of A");
        table.Add($"{followers}", $"{before}", $"{connected}", $"{perEvent}");
        table.Print();
        clients.ForEach(client => client.Dispose());
    }

    private static async Task StoredAsync(NpgsqlDataSource source, ISsePublisher publisher, int stored)
    {
        const int Count = 2000;
        await publisher.PublishAsync("long", Event);
        Spread without = await PublishLoad.LatencyAsync(Count, async () => await publisher.PublishAsync("long", Event));
        await ExecuteAsync(source, $"""
            with t as (update {Schema}.topics set head = head + {stored} where name = 'long' returning id, head - {stored} as head)
            insert into {Schema}.events (topic, sequence, payload, created_at)
            select id, head + number, 'data: {Event}', clock_timestamp() from t, generate_series(1, {stored}) as number
            """);
        await ExecuteAsync(source, "checkpoint");
        Spread with = await PublishLoad.LatencyAsync(Count, async () => await publisher.PublishAsync("long", Event));
        var table = new Table("events held in the topic", "a publish alone, ms, median (min to max)");
        table.Add("few", without.ToString("F2"));
        table.Add($"{stored}", with.ToString("F2"));
        table.Print();
    }

    private static async Task ReceiveAsync(Socket client, byte[] buffer, string text)
    {
        byte[] wanted = System.Text.Encoding.UTF8.GetBytes(text);
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf(wanted) < 0)
        {
            length += await client.ReceiveAsync(buffer.AsMemory(length));
        }
    }

    private static Task<long> ConnectionsAsync(NpgsqlDataSource source) =>
        AskAsync(source, "select count(*) from pg_stat_activity where application_name = 'SseKit'");

    // Each read reads its topic's bucket once.
    private static Task<long> ReadsAsync(NpgsqlDataSource source) => AskAsync(
        source,
        "select sum(seq_scan + coalesce(idx_scan, 0))::bigint from pg_stat_user_tables "
        + $"where schemaname = '{Schema}' and relname = 'seeds'");

    private static async Task<long> AskAsync(NpgsqlDataSource source, string text)
    {
        // The statistics of other sessions arrive within a second.
        await Task.Delay(1500);
        await using NpgsqlCommand command = source.CreateCommand(text);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string text)
    {
        await using NpgsqlCommand command = source.CreateCommand(text);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}

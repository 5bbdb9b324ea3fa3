using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Postgres;

/// <summary>The PostgreSQL store, on a server that the caller names: rates of publishing, the way to the client of another server, and what a thousand followers cost the database.</summary>
internal static class PostgresBenchmark
{
    private const string Schema = "ssekit_benchmark";
    private const string Event = """{"symbol":"ACME","price":42.5}""";

    private static readonly int[] PublisherCounts = [1, 16, 256];
    private static readonly int[] TopicCounts = [1, 64];

    public static async Task RunAsync(string connectionString, int seconds, int stored, int followers)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 2, MaxPoolSize = 64 };
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(settings);
        await ExecuteAsync(source, $"drop schema if exists {Schema} cascade");
        await using (SharedServer a = await SharedServer.StartAsync(connectionString, Schema))
        await using (SharedServer b = await SharedServer.StartAsync(connectionString, Schema))
        {
            await a.Publisher.PublishAsync("warm up", Event);
            await RatesAsync(source, a.Publisher, TimeSpan.FromSeconds(seconds));
            await DeliveryAsync(a, b);
            await FollowersAsync(source, a, b, followers);
            await StoredAsync(source, a.Publisher, stored);
        }

        await ExecuteAsync(source, $"drop schema {Schema} cascade");
    }

    private static async Task RatesAsync(NpgsqlDataSource source, ISsePublisher publisher, TimeSpan duration)
    {
        var bare = new BareInsert(source, Schema);
        await bare.CreateAsync();
        var table = new Table("topics", "publishers", "publishes/s", "bare inserts/s, 64 connections", "ratio");
        foreach (int topics in TopicCounts)
        {
            foreach (int publishers in PublisherCounts)
            {
                // The first round warms up.
                double published = 0;
                double inserted = 0;
                for (int round = 0; round < 2; round++)
                {
                    published = await PublishLoad.RateAsync(publishers, duration, async (each, count) =>
                        await publisher.PublishAsync($"topic {(each + count) % topics}", Event));
                    inserted = await PublishLoad.RateAsync(publishers, duration, (each, count) => bare.InsertAsync($"topic {(each + count) % topics}"));
                }

                table.Add($"{topics}", $"{publishers}", $"{published:F0}", $"{inserted:F0}", $"{published / inserted:F2}");
            }
        }

        table.Print();
    }

    private static async Task DeliveryAsync(SharedServer a, SharedServer b)
    {
        const int Count = 1000;
        using Socket client = RawRequest.Connect(b.Port);
        client.Send(RawRequest.Get("/follow/delivery"));
        byte[] buffer = new byte[64 * 1024];
        await ReceiveAsync(client, buffer, "ssekit.open");
        var milliseconds = new List<double>(Count);
        for (int i = 0; i < Count; i++)
        {
            string text = $"event {i}!";
            long started = Stopwatch.GetTimestamp();
            ValueTask<string> publishing = a.Publisher.PublishAsync("delivery", text);
            await ReceiveAsync(client, buffer, text);
            milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await publishing;
        }

        milliseconds.Sort();
        var table = new Table("publish on A until the client of B has it, ms", "median", "99 %", "longest");
        table.Add($"{Count} events, one after the other", $"{milliseconds[Count / 2]:F2}", $"{milliseconds[Count * 99 / 100]:F2}", $"{milliseconds[^1]:F2}");
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
            client.Send(RawRequest.Get("/follow/crowd"));
            await ReceiveAsync(client, buffer, "ssekit.open");
            clients.Add(client);
        }

        long connected = await ConnectionsAsync(source);
        long reads = await ReadsAsync(source);
        for (int i = 0; i < Events; i++)
        {
            await a.Publisher.PublishAsync("crowd", $"event {i}!");
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

    // Each read looks into its topic's bucket once.
    private static Task<long> ReadsAsync(NpgsqlDataSource source) => AskAsync(
        source, $"select sum(seq_scan + coalesce(idx_scan, 0))::bigint from pg_stat_user_tables where schemaname = '{Schema}' and relname = 'seeds'");

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

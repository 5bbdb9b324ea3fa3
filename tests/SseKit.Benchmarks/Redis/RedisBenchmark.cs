using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;
using SseKit.Benchmarks.Postgres;
using StackExchange.Redis;

namespace SseKit.Benchmarks.Redis;

/// <summary>
/// The Redis store, on a server that the caller names: rates of publishing beside bare XADDs, the delay to the clients of two servers, the
/// load of a thousand followers, and clients that return at once.
/// </summary>
internal static class RedisBenchmark
{
    private const string Prefix = "ssekit-benchmark:";
    private const string Event = """{"symbol":"ACME","price":42.5}""";

    private static readonly int[] PublisherCounts = [1, 16, 256];
    private static readonly int[] TopicCounts = [1, 64];

    public static async Task RunAsync(string configuration, int rounds, int seconds, int followers, int clients, string? only)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        await DeleteAsync(multiplexer);
        await using (SharedServer a = await StartAsync(configuration))
        await using (SharedServer b = await StartAsync(configuration))
        {
            await a.Publisher.PublishAsync("warm up", Event);
            await RunPartAsync("rates", () => RatesAsync(multiplexer, a.Publisher, rounds, TimeSpan.FromSeconds(seconds)));
            await RunPartAsync("delivery", () => Delivery.RunAsync(a, b));
            await RunPartAsync("followers", () => FollowersAsync(multiplexer, a, b, followers));
            await RunPartAsync("storm", () => StormAsync(multiplexer, a, b, clients));
        }

        await DeleteAsync(multiplexer);

        Task RunPartAsync(string name, Func<Task> part) => only is null || only == name ? part() : Task.CompletedTask;
    }

    private static Task<SharedServer> StartAsync(string configuration) => SharedServer.StartAsync(
        builder => builder.AddRedisEventStore(configuration, options => options.KeyPrefix = Prefix));

    private static async Task RatesAsync(ConnectionMultiplexer multiplexer, ISsePublisher publisher, int rounds, TimeSpan duration)
    {
        var bare = new BareXadd(multiplexer.GetDatabase(), Prefix);
        var table = new Table("topics", "publishers", "publishes/s", "bare XADDs/s, pipelined", "ratio, median (min to max)");
        foreach (int topics in TopicCounts)
        {
            string[] names = [.. Enumerable.Range(0, topics).Select(topic => $"topic {topic}")];
            foreach (int publishers in PublisherCounts)
            {
                var published = new List<double>();
                var added = new List<double>();
                for (int round = 0; round <= rounds; round++)
                {
                    published.Add(await PublishLoad.RateAsync(publishers, duration, async (each, count) =>
                        await publisher.PublishAsync(names[(each + count) % topics], Event)));
                    added.Add(await PublishLoad.RateAsync(
                        publishers, duration, (each, count) => bare.AddAsync((each + count) % topics)));
                    await bare.DeleteAsync();
                }

                // The first round warms up.
                Spread ratio = Spread.Ratio(published.Skip(1), added.Skip(1));
                table.Add(
                    $"{topics}", $"{publishers}", $"{Spread.Of(published.Skip(1)).Median:F0}", $"{Spread.Of(added.Skip(1)).Median:F0}",
                    ratio.ToString("F2"));
            }
        }

        table.Print();
    }

    private static async Task FollowersAsync(ConnectionMultiplexer multiplexer, SharedServer a, SharedServer b, int followers)
    {
        const int Events = 100;
        long before = await NumberAsync(multiplexer, "clients", "connected_clients:");
        Socket[] clients = [.. Enumerable.Range(0, followers).Select(_ => RawRequest.Connect(b.Port))];
        await Task.WhenAll(clients.Select(client => FollowAsync(client, "all")));
        long connected = await NumberAsync(multiplexer, "clients", "connected_clients:");
        long calls = await CallsAsync(multiplexer);
        for (int i = 0; i < Events; i++)
        {
            await a.Publisher.PublishAsync("all", $"event {i}!");
            await Task.WhenAll(clients.Select(client => ReceiveAsync(client, $"event {i}!")));
        }

        var table = new Table("followers on B", "connections before", "with them", "scripts for each event of A, its append included");
        table.Add($"{followers}", $"{before}", $"{connected}", $"{(await CallsAsync(multiplexer) - calls) / (double)Events:F1}");
        table.Print();
        Array.ForEach(clients, client => client.Dispose());
    }

    // The clients have missed the last 100 events, and return at once.
    private static async Task StormAsync(ConnectionMultiplexer multiplexer, SharedServer a, SharedServer b, int clients)
    {
        const int Missed = 100;
        string id = await a.Publisher.PublishAsync("storm", Event);
        for (int i = 1; i <= Missed; i++)
        {
            await a.Publisher.PublishAsync("storm", i == Missed ? "the last" : Event);
        }

        Socket[] sockets = [.. Enumerable.Range(0, clients).Select(_ => RawRequest.Connect(b.Port))];
        byte[] request = RawRequest.Get($"/follow/storm?lastEventId={id}");
        long calls = await CallsAsync(multiplexer);
        long started = Stopwatch.GetTimestamp();
        Array.ForEach(sockets, client => client.Send(request));
        await Task.WhenAll(sockets.Select(client => ReceiveAsync(client, "the last")));
        TimeSpan duration = Stopwatch.GetElapsedTime(started);
        var table = new Table("clients that return at once", "seconds until the last has caught up", "scripts in all");
        table.Add($"{clients}", $"{duration.TotalSeconds:F1}", $"{await CallsAsync(multiplexer) - calls}");
        table.Print();
        Array.ForEach(sockets, client => client.Dispose());
    }

    private static async Task FollowAsync(Socket client, string topic)
    {
        client.Send(RawRequest.Get($"/follow/{topic}"));
        await ReceiveAsync(client, "ssekit.open");
    }

    private static async Task ReceiveAsync(Socket client, string text)
    {
        byte[] wanted = System.Text.Encoding.UTF8.GetBytes(text);
        byte[] buffer = new byte[32 * 1024];
        int length = 0;
        while (buffer.AsSpan(0, length).IndexOf(wanted) < 0)
        {
            int received = await client.ReceiveAsync(buffer.AsMemory(length));
            length += received > 0 ? received : throw new InvalidOperationException("The stream has ended.");
        }
    }

    // The polls of two servers are among the scripts: 256 each in 5 s.
    private static Task<long> CallsAsync(ConnectionMultiplexer multiplexer) =>
        NumberAsync(multiplexer, "commandstats", "cmdstat_evalsha:calls=");

    private static async Task<long> NumberAsync(ConnectionMultiplexer multiplexer, string section, string field)
    {
        string info = (string)(await multiplexer.GetDatabase().ScriptEvaluateAsync("return redis.call('INFO', ARGV[1])", [], [section]))!;
        string text = info[(info.IndexOf(field, StringComparison.Ordinal) + field.Length)..];
        return long.Parse(new string([.. text.TakeWhile(char.IsAsciiDigit)]));
    }

    private static async Task DeleteAsync(ConnectionMultiplexer multiplexer)
    {
        IServer server = multiplexer.GetServers()[0];
        await foreach (RedisKey key in server.KeysAsync(pattern: Prefix + "*", pageSize: 1000))
        {
            await multiplexer.GetDatabase().KeyDeleteAsync(key);
        }
    }
}

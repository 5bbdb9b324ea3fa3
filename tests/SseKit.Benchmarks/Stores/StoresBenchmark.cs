using Microsoft.Extensions.DependencyInjection;
using SseKit.Benchmarks.Measuring;
using SseKit.Benchmarks.Postgres;
using SseKit.Benchmarks.Redis;
using StackExchange.Redis;

namespace SseKit.Benchmarks.Stores;

/// <summary>
/// Publishing with all stores and bare XADDs, interleaved in one run. The servers are those that the caller names, with their own settings
/// of durability.
/// </summary>
internal static class StoresBenchmark
{
    private const string Prefix = "ssekit-benchmark:";
    private const string Schema = "ssekit_benchmark";
    private const string Event = """{"symbol":"ACME","price":42.5}""";

    private static readonly int[] PublisherCounts = [1, 16, 256];
    private static readonly int[] TopicCounts = [1, 64];

    public static async Task RunAsync(string postgres, string redis, int rounds, int seconds)
    {
        await using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(redis);
        string directory = Directory.CreateTempSubdirectory("ssekit-benchmark-").FullName;
        await using (SharedServer memory = await SharedServer.StartAsync(static _ => { }))
        await using (SharedServer sqlite = await StartSqliteAsync(directory, SseSqliteSynchronous.Normal))
        await using (SharedServer durable = await StartSqliteAsync(directory, SseSqliteSynchronous.Full))
        await using (SharedServer database = await SharedServer.StartAsync(postgres, Schema))
        await using (SharedServer cache = await SharedServer.StartAsync(
            builder => builder.AddRedisEventStore(redis, options => options.KeyPrefix = Prefix)))
        {
            (string Name, ISsePublisher Publisher)[] stores =
            [
                ("in memory", memory.Publisher),
                ("SQLite, Normal", sqlite.Publisher),
                ("SQLite, Full", durable.Publisher),
                ("PostgreSQL", database.Publisher),
                ("Redis", cache.Publisher),
            ];
            await MeasureAsync(stores, new BareXadd(multiplexer.GetDatabase(), Prefix), rounds, TimeSpan.FromSeconds(seconds));
        }

        Directory.Delete(directory, recursive: true);
    }

    private static async Task MeasureAsync(
        (string Name, ISsePublisher Publisher)[] stores, BareXadd bare, int rounds, TimeSpan duration)
    {
        var table = new Table("topics", "publishers", "store", "publishes/s, median", "beside bare XADDs, median (min to max)");
        foreach (int topics in TopicCounts)
        {
            foreach (int publishers in PublisherCounts)
            {
                List<double>[] published = [.. stores.Select(_ => new List<double>())];
                var added = new List<double>();
                for (int round = 0; round <= rounds; round++)
                {
                    for (int i = 0; i < stores.Length; i++)
                    {
                        ISsePublisher publisher = stores[i].Publisher;
                        published[i].Add(await PublishLoad.RateAsync(publishers, duration, async (each, count) =>
                            await publisher.PublishAsync($"topic {(each + count) % topics}", Event)));
                    }

                    added.Add(await PublishLoad.RateAsync(publishers, duration, (each, count) => bare.AddAsync((each + count) % topics)));
                    await bare.DeleteAsync();
                }

                // The first round warms up.
                for (int i = 0; i < stores.Length; i++)
                {
                    table.Add(
                        $"{topics}", $"{publishers}", stores[i].Name, $"{Spread.Of(published[i].Skip(1)).Median:F0}",
                        Spread.Ratio(published[i].Skip(1), added.Skip(1)).ToString("F2"));
                }

                table.Add($"{topics}", $"{publishers}", "bare XADDs, pipelined", $"{Spread.Of(added.Skip(1)).Median:F0}", "1");
            }
        }

        table.Print();
    }

    private static Task<SharedServer> StartSqliteAsync(string directory, SseSqliteSynchronous synchronous) => SharedServer.StartAsync(
        builder => builder.AddSqliteEventStore(
            Path.Combine(directory, $"{synchronous}.db"), options => options.Synchronous = synchronous));
}

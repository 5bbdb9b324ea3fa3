using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Streams;

/// <summary>Many events to one client on Kestrel over the loopback, with the client in another process.</summary>
internal static class StreamBenchmark
{
    private const int WarmUps = 3;

    public static async Task RunAsync(int events, int rounds, int length, string? only)
    {
        List<StreamComparison> comparisons = [.. Comparisons().Where(comparison => only is null || comparison.Group == only)];
        StreamVariant[] variants = [.. comparisons.SelectMany(comparison => comparison.Both).Distinct()];
        var (app, port) = await LoopbackServer.StartAsync(
            app => StreamEndpoints.Map(app, new string('x', length)), StreamEndpoints.KeepRuns);
        await using (app)
        {
            using var client = new LoadClient(port);
            for (int round = -WarmUps; round < rounds; round++)
            {
                foreach (StreamVariant variant in variants)
                {
                    await variant.RunAsync(client, events, warmUp: round < 0);
                }
            }
        }

        Console.WriteLine($"{events} events of {length} bytes to one client, {rounds} rounds; medians (min to max).\n");
        Print(variants);
        Print(comparisons);
    }

    private static IEnumerable<StreamComparison> Comparisons()
    {
        var items = new StreamVariant("MapSse, iterator of strings", "/ssekit/items");
        var framework = new StreamVariant("ServerSentEvents, same iterator", "/framework/items");
        yield return new StreamComparison("items", items, framework, "1.2");
        yield return new StreamComparison("items", items, new StreamVariant("ready bytes, flush per 16 KB", "/bare/items"), "0.9");
        yield return new StreamComparison(
            "items", items, new StreamVariant("ready bytes from an iterator, flush per 16 KB", "/bare/iterator"), "");

        var json = new StreamVariant("MapSse, iterator of records", "/ssekit/json");
        yield return new StreamComparison("json", json, new StreamVariant("ServerSentEvents, same records", "/framework/json"), "1.2");

        var each = new StreamVariant("MapSse, WriteAsync per event", "/ssekit/each");
        yield return new StreamComparison("each", each, new StreamVariant("ready bytes, flush per event", "/bare/each"), "0.9");
        yield return new StreamComparison("each", each, framework, "");

        yield return new StreamComparison("run", new StreamVariant("WithSseReplay, WriteAsync per event", "/ssekit/run/each"), each, "");
        yield return new StreamComparison("run", new StreamVariant("WithSseReplay, iterator of strings", "/ssekit/run/items"), items, "");
    }

    private static void Print(StreamVariant[] variants)
    {
        var table = new Table("endpoint", "events/s, thousands", "server CPU per event, ns", "bytes allocated per event");
        foreach (StreamVariant variant in variants)
        {
            table.Add(
                variant.Name,
                Spread.Of(variant.Throughputs.Select(perSecond => perSecond / 1000)).ToString("F0"),
                Spread.Of(variant.CpuNanoseconds).ToString("F0"),
                Spread.Of(variant.AllocatedBytes).ToString("F1"));
        }

        table.Print();
    }

    private static void Print(List<StreamComparison> comparisons)
    {
        var table = new Table("compared", "throughput", "target", "server CPU");
        foreach (StreamComparison comparison in comparisons)
        {
            table.Add(
                $"{comparison.One.Name} / {comparison.Other.Name}",
                Spread.Ratio(comparison.One.Throughputs, comparison.Other.Throughputs).ToString("F2"),
                comparison.Target,
                Spread.Ratio(comparison.One.CpuNanoseconds, comparison.Other.CpuNanoseconds).ToString("F2"));
        }

        table.Print();
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Replay;

/// <summary>
/// Clients that reconnect after many missed events: one that has missed a million, and a thousand that reconnect at once. The comparison is
/// the framework's result over a list in memory, without ids.
/// </summary>
internal static class ReplayBenchmark
{
    private const int WarmUps = 1;
    private const int Length = 64;

    public static async Task RunAsync(int events, int clients, int eventsForEach, int rounds)
    {
        var history = new List<string>();
        var (app, port) = await LoopbackServer.StartAsync(
            app => Map(app, history),
            sse => sse.AddInMemoryEventStore(store =>
            {
                store.MaxEventsPerTopic = int.MaxValue;
                store.MaxBytesPerTopic = long.MaxValue;
                store.MaxBytes = long.MaxValue;
            }));
        await using (app)
        {
            using var client = new LoadClient(port);
            var publisher = app.Services.GetRequiredService<ISsePublisher>();
            ReplayCase[] cases =
            [
                new("one", events, 1),
                new("many", eventsForEach, clients),
            ];
            foreach (ReplayCase each in cases)
            {
                string start = (await publisher.GetLastEventIdAsync(each.Topic))!;
                history.Clear();
                for (int i = 0; i < each.Events; i++)
                {
                    string text = EventMark.Now(Length);
                    history.Add(text);
                    await publisher.PublishAsync(each.Topic, text);
                }

                await MeasureAsync(client, each, [$"/ssekit/{each.Topic}?lastEventId={start}", "/framework"], rounds);
            }
        }
    }

    private static void Map(WebApplication app, List<string> history)
    {
        app.MapSse("/ssekit/{topic}", (string topic) => SseResults.Follow(topic));
        app.MapGet("/framework", () => TypedResults.ServerSentEvents(Events(history)));
    }

    private static async IAsyncEnumerable<string> Events(List<string> history)
    {
        await ValueTask.CompletedTask;
        foreach (string text in history)
        {
            yield return text;
        }

        // The stream stays open, as a followed one does.
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }

    private static async Task MeasureAsync(LoadClient client, ReplayCase each, string[] paths, int rounds)
    {
        List<ReplayRound>[] measured = [.. paths.Select(_ => new List<ReplayRound>())];
        for (int round = -WarmUps; round < rounds; round++)
        {
            for (int i = 0; i < paths.Length; i++)
            {
                ReplayRound result = await ReplayRound.RunAsync(client, each, paths[i]);
                if (round >= 0)
                {
                    measured[i].Add(result);
                }
            }
        }

        Console.WriteLine(
            $"{each.Events} events of {Length} bytes to {each.Clients} returning client(s), {rounds} rounds; medians (min to max).\n");
        var table = new Table("", "events/s, thousands", "server CPU per event, ns", "bytes allocated per event", "memory grew by, MB");
        Add("SseKit, resumed", measured[0]);
        Add("ServerSentEvents over a list", measured[1]);
        table.Add(
            "SseKit / framework",
            Spread.Ratio(measured[0].Select(round => round.Throughput), measured[1].Select(round => round.Throughput)).ToString("F2"),
            Spread.Ratio(measured[0].Select(round => round.Cpu), measured[1].Select(round => round.Cpu)).ToString("F2"),
            "",
            "");
        table.Print();

        void Add(string name, List<ReplayRound> results) => table.Add(
            name,
            Spread.Of(results.Select(round => round.Throughput / 1000)).ToString("F0"),
            Spread.Of(results.Select(round => round.Cpu * 1e9)).ToString("F0"),
            Spread.Of(results.Select(round => round.Allocated)).ToString("F1"),
            Spread.Of(results.Select(round => round.Growth / 1e6)).ToString("F1"));
    }
}

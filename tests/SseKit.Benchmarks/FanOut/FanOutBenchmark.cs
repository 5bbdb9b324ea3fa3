using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>One topic, many clients in another process: bursts, and events that come evenly.</summary>
internal static class FanOutBenchmark
{
    private const int WarmUps = 2;
    private const int BurstsPerRound = 10;
    private const int PacePerSecond = 100;

    public static async Task RunAsync(FanOutSettings settings)
    {
        var endpoints = new FanOutEndpoints();
        var (app, port) = await LoopbackServer.StartAsync(endpoints.Map);
        await using (app)
        {
            using var client = new LoadClient(port);
            foreach (string what in settings.Contents)
            {
                FanOutVariant[] variants = endpoints.Variants(app.Services, what, settings.Length);
                foreach (int clients in settings.Clients)
                {
                    var burst = new FanOutLoad(settings.Burst, BurstsPerRound, TimeSpan.Zero);
                    Console.WriteLine($"Bursts of {burst.Events} events ({what}) to {clients} clients, {settings.Rounds} rounds; medians (min to max).\n");
                    Print(variants, await MeasureAsync(client, variants, clients, burst, settings.Rounds));
                }
            }

            if (settings.PacedSeconds > 0)
            {
                FanOutVariant[] variants = endpoints.Variants(app.Services, FanOutEndpoints.Texts, settings.Length);
                var paced = new FanOutLoad(PacePerSecond * settings.PacedSeconds, 1, TimeSpan.FromSeconds(1.0 / PacePerSecond));
                Console.WriteLine($"{PacePerSecond} events a second to {settings.PacedClients} clients for {settings.PacedSeconds} s, {settings.Rounds} rounds; medians (min to max).\n");
                Print(variants, await MeasureAsync(client, variants, settings.PacedClients, paced, settings.Rounds));
            }
        }
    }

    private static async Task<List<FanOutRound>[]> MeasureAsync(
        LoadClient client, FanOutVariant[] variants, int clients, FanOutLoad load, int rounds)
    {
        List<FanOutRound>[] measured = [.. variants.Select(_ => new List<FanOutRound>())];
        for (int round = -WarmUps; round < rounds; round++)
        {
            for (int i = 0; i < variants.Length; i++)
            {
                await client.GatherAsync(variants[i].Path, clients, load.IsPaced);
                await variants[i].RunAsync(client, clients, load.AtOnce);
                FanOutRound result = await variants[i].RunAsync(client, clients, load);
                await client.DisperseAsync();
                if (round >= 0)
                {
                    measured[i].Add(result);
                }
            }
        }

        return measured;
    }

    private static void Print(FanOutVariant[] variants, List<FanOutRound>[] measured)
    {
        var table = new Table(
            "", "deliveries/s, thousands", "server CPU per delivery, ns", "bytes allocated per delivery", "bytes allocated per event", "99% delivered within, ms");
        for (int i = 0; i < variants.Length; i++)
        {
            List<FanOutRound> rounds = measured[i];
            table.Add(
                variants[i].Name,
                Spread.Of(rounds.Select(round => round.Throughput / 1000)).ToString("F0"),
                Spread.Of(rounds.Select(round => round.Cpu * 1e9)).ToString("F0"),
                Spread.Of(rounds.Select(round => round.Allocated)).ToString("F1"),
                Spread.Of(rounds.Select(round => round.AllocatedPerPublish)).ToString("F0"),
                Timed(rounds) ? Spread.Of(rounds.Select(round => round.Delay99 * 1000)).ToString("F1") : "");
        }

        table.Add(
            "SseKit / framework",
            Ratio(round => round.Throughput),
            Ratio(round => round.Cpu),
            Ratio(round => round.Allocated),
            Ratio(round => round.AllocatedPerPublish),
            Timed(measured[0]) ? Ratio(round => round.Delay99) : "");
        table.Print();

        string Ratio(Func<FanOutRound, double> figure) => Spread.Ratio(measured[0].Select(figure), measured[1].Select(figure)).ToString("F2");

        static bool Timed(List<FanOutRound> rounds) => rounds.Exists(round => round.Delay99 > 0);
    }
}

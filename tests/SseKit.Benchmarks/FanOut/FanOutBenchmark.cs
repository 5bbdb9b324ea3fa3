using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>One topic, many clients in another process: bursts, and evenly paced events.</summary>
internal static class FanOutBenchmark
{
    private const int WarmUps = 4;
    private const int EventsPerRound = 1000;
    private const int PacePerSecond = 100;

    public static async Task RunAsync(FanOutSettings settings)
    {
        PeerServer[] peers = PeerServer.StartAll();
        try
        {
            await RunAsync(settings, [.. peers.Select(server => Peer(server, settings.Length))]);
        }
        finally
        {
            Array.ForEach(peers, server => server.Dispose());
        }
    }

    private static async Task RunAsync(FanOutSettings settings, FanOutVariant[] peers)
    {
        var endpoints = new FanOutEndpoints();
        var (app, port) = await LoopbackServer.StartAsync(endpoints.Map);
        await using (app)
        {
            using var client = new LoadClient(port);
            foreach (string what in settings.Contents)
            {
                IEnumerable<FanOutVariant> others = what == FanOutEndpoints.Texts ? peers.Where(peer => peer.Peer!.TakesBursts) : [];
                FanOutVariant[] variants = [.. endpoints.Variants(app.Services, what, settings.Length), .. others];
                foreach (int clients in settings.Clients)
                {
                    foreach (int events in settings.Bursts)
                    {
                        var burst = new FanOutLoad(events, Times(events), TimeSpan.Zero);
                        Console.WriteLine(
                            $"Bursts of {events} events ({what}) to {clients} clients, {settings.Rounds} rounds; medians (min to max).\n");
                        Print(variants, await MeasureAsync(client, variants, clients, burst, settings.Rounds));
                    }
                }
            }

            if (settings.PacedSeconds > 0)
            {
                FanOutVariant[] variants = [.. endpoints.Variants(app.Services, FanOutEndpoints.Texts, settings.Length)[..2], .. peers];
                var paced = new FanOutLoad(PacePerSecond * settings.PacedSeconds, 1, TimeSpan.FromSeconds(1.0 / PacePerSecond));
                Console.WriteLine(
                    $"{PacePerSecond} events a second to {settings.PacedClients} clients for {settings.PacedSeconds} s, "
                    + $"{settings.Rounds} rounds; medians (min to max).\n");
                Print(variants, await MeasureAsync(client, variants, settings.PacedClients, paced, settings.Rounds));
            }
        }
    }

    private static FanOutVariant Peer(PeerServer server, int length) =>
        new($"{server.Name}, a channel", "/", () => server.PublishAsync(EventMark.Now(length)), peer: server);

    // Few large bursts take as long as several small ones.
    private static int Times(int events) => Math.Max(2, EventsPerRound / events);

    private static async Task<List<FanOutRound>[]> MeasureAsync(
        LoadClient client, FanOutVariant[] variants, int clients, FanOutLoad load, int rounds)
    {
        List<FanOutRound>[] measured = [.. variants.Select(_ => new List<FanOutRound>())];
        for (int round = -WarmUps; round < rounds; round++)
        {
            for (int i = 0; i < variants.Length; i++)
            {
                await client.OpenClientsAsync(variants[i].Path, clients, load.IsPaced, variants[i].Peer?.Port);
                await variants[i].RunAsync(client, clients, load.AtOnce);
                FanOutRound result = await variants[i].RunAsync(client, clients, load);
                await client.CloseClientsAsync();
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
            "",
            "deliveries/s, thousands",
            "server CPU per delivery, ns",
            "clients' CPU per delivery, ns",
            "bytes allocated per delivery",
            "bytes allocated per event",
            "99% delivered within, ms");
        for (int i = 0; i < variants.Length; i++)
        {
            List<FanOutRound> rounds = measured[i];
            table.Add(
                variants[i].Name,
                Spread.Of(rounds.Select(round => round.Throughput / 1000)).ToString("F0"),
                Spread.Of(rounds.Select(round => round.Cpu * 1e9)).ToString("F0"),
                Spread.Of(rounds.Select(round => round.ClientCpu * 1e9)).ToString("F0"),
                variants[i].Peer is null ? Spread.Of(rounds.Select(round => round.Allocated)).ToString("F1") : "",
                variants[i].Peer is null ? Spread.Of(rounds.Select(round => round.AllocatedPerPublish)).ToString("F0") : "",
                Timed(rounds) ? Spread.Of(rounds.Select(round => round.Delay99 * 1000)).ToString("F1") : "");
        }

        AddRatio("SseKit / framework", 0, 1);
        for (int i = 2; i < variants.Length; i++)
        {
            if (variants[i].Peer is { } peer)
            {
                AddRatio($"SseKit / {peer.Name}", 0, i);
            }
            else
            {
                AddRatio("ready bytes / framework", i, 1);
            }
        }

        table.Print();

        void AddRatio(string what, int one, int other)
        {
            table.Add(
                what,
                Ratio(round => round.Throughput),
                Ratio(round => round.Cpu),
                Ratio(round => round.ClientCpu),
                variants[other].Peer is null ? Ratio(round => round.Allocated) : "",
                variants[other].Peer is null ? Ratio(round => round.AllocatedPerPublish) : "",
                Timed(measured[one]) ? Ratio(round => round.Delay99) : "");

            string Ratio(Func<FanOutRound, double> figure) =>
                Spread.Ratio(measured[one].Select(figure), measured[other].Select(figure)).ToString("F2");
        }

        static bool Timed(List<FanOutRound> rounds) => rounds.Exists(round => round.Delay99 > 0);
    }
}

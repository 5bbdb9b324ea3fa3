using Microsoft.AspNetCore.Builder;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Middleware;

/// <summary>The cost of UseSse for a response that is no stream: the same endpoints in two apps, one of them with the middleware.</summary>
internal static class MiddlewareBenchmark
{
    private const int WarmUps = 3;

    private static readonly string[] Paths = ["/text", "/json"];

    public static async Task RunAsync(int requests, int rounds)
    {
        var (without, portWithout) = await LoopbackServer.StartAsync(Map);
        var (with, portWith) = await LoopbackServer.StartAsync(app => Map((WebApplication)app.UseSse()));
        await using (without)
        await using (with)
        {
            using var clientWithout = new LoadClient(portWithout);
            using var clientWith = new LoadClient(portWith);
            var table = new Table(
                "response", "requests/s, with / without", "server CPU, with / without", "bytes allocated per request, without", "with");
            foreach (string path in Paths)
            {
                List<RequestRound> roundsWithout = [];
                List<RequestRound> roundsWith = [];
                for (int round = -WarmUps; round < rounds; round++)
                {
                    RequestRound one = await clientWithout.RequestAsync(path, requests);
                    RequestRound other = await clientWith.RequestAsync(path, requests);
                    if (round >= 0)
                    {
                        roundsWithout.Add(one);
                        roundsWith.Add(other);
                    }
                }

                table.Add(
                    path[1..],
                    Spread.Ratio(roundsWith.Select(each => each.PerSecond), roundsWithout.Select(each => each.PerSecond)).ToString("F3"),
                    Spread.Ratio(roundsWith.Select(round => round.Cpu), roundsWithout.Select(round => round.Cpu)).ToString("F3"),
                    Spread.Of(roundsWithout.Select(round => round.AllocatedBytes)).ToString("F0"),
                    Spread.Of(roundsWith.Select(round => round.AllocatedBytes)).ToString("F0"));
            }

            Console.WriteLine($"{requests} requests on one connection, pipelined, {rounds} rounds; medians (min to max).\n");
            table.Print();
        }
    }

    private static void Map(WebApplication app)
    {
        var quote = new Quote("ACME", 42.5, 1200);
        app.MapGet("/text", () => "Hello, World!");
        app.MapGet("/json", () => quote);
    }
}

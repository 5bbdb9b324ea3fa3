using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Idle;

/// <summary>The cost of an idle connection.</summary>
internal static class IdleBenchmark
{
    public static async Task RunAsync(int connections, int rounds, int seconds)
    {
        List<double[]> bare = [];
        List<double[]> sseKit = [];
        List<double[]> follower = [];
        List<double[]> run = [];
        for (int round = 0; round < rounds; round++)
        {
            bare.Add(await MeasureAsync(IdleEndpoints.Bare, connections, seconds));
            sseKit.Add(await MeasureAsync(IdleEndpoints.SseKit, connections, seconds));
            follower.Add(await MeasureAsync(IdleEndpoints.Follower, connections, seconds));
            run.Add(await MeasureAsync(IdleEndpoints.Run, connections, seconds));
        }

        double beats = connections * (seconds / IdleEndpoints.Beat.TotalSeconds);
        Console.WriteLine($"{connections} connections, {rounds} rounds; medians (min to max).\n");
        var table = new Table(
            "per connection",
            "by hand",
            "MapSse",
            "follower",
            "run",
            "MapSse - by hand",
            "follower - by hand",
            "run - by hand",
            "follower / by hand");
        Add("managed bytes", 0, 1);
        Add("resident bytes", 1, 1);
        Add("CPU per heartbeat, µs", 2, 1_000_000 / beats);
        table.Print();

        void Add(string what, int column, double unit) => table.Add(
            what,
            Spread.Of(bare.Select(round => round[column] * unit)).ToString("F1"),
            Spread.Of(sseKit.Select(round => round[column] * unit)).ToString("F1"),
            Spread.Of(follower.Select(round => round[column] * unit)).ToString("F1"),
            Spread.Of(run.Select(round => round[column] * unit)).ToString("F1"),
            Spread.Of(sseKit.Zip(bare, (one, other) => (one[column] - other[column]) * unit)).ToString("F1"),
            Spread.Of(follower.Zip(bare, (one, other) => (one[column] - other[column]) * unit)).ToString("F1"),
            Spread.Of(run.Zip(bare, (one, other) => (one[column] - other[column]) * unit)).ToString("F1"),
            Spread.Ratio(follower.Select(round => round[column]), bare.Select(round => round[column])).ToString("F2"));
    }

    private static async Task<double[]> MeasureAsync(string variant, int connections, int seconds)
    {
        using var server = new ChildProcess(IdleServer.Command, variant, connections.ToString(), seconds.ToString());
        return [.. (await server.AnswerAsync()).Select(double.Parse)];
    }
}

using System.Diagnostics;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Micro;

/// <summary>
/// A faster comparison than <see cref="EventBenchmarks"/>, also for a busy machine: it counts CPU time.
/// </summary>
internal static class QuickEventBenchmark
{
    private const int Rounds = 9;
    private const int Events = 400_000;

    public static async Task RunAsync()
    {
        var table = new Table("event", "written by", "CPU, of ready bytes", "CPU, of SseFormatter", "bytes allocated");
        foreach (EventShape shape in Enum.GetValues<EventShape>())
        {
            EventContenders contenders = await EventContenders.ForAsync(shape);
            (string Name, Func<int, Task> Write)[] ways =
            [
                ("ready bytes", contenders.BareAsync),
                ("SseFormatter.WriteAsync", contenders.FormatAllAsync),
                ("SseEventWriter.WriteAsync", contenders.WriteEachAsync),
                ("SseEventWriter.WriteAllAsync", contenders.WriteAllAsync),
            ];
            await WarmUpAsync(ways.Select(way => way.Write));
            List<(double Cpu, double Allocated)>[] measured = [.. ways.Select(_ => new List<(double, double)>())];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < ways.Length; i++)
                {
                    measured[i].Add(await MeasureAsync(ways[i].Write));
                }
            }

            for (int i = 0; i < ways.Length; i++)
            {
                table.Add(
                    shape.ToString(),
                    ways[i].Name,
                    Spread.Ratio(Cpu(measured[i]), Cpu(measured[0])).ToString("F2"),
                    Spread.Ratio(Cpu(measured[i]), Cpu(measured[1])).ToString("F2"),
                    Spread.Of(measured[i].Select(one => one.Allocated)).Median.ToString("F2"));
            }
        }

        table.Print();
    }

    private static IEnumerable<double> Cpu(List<(double Cpu, double Allocated)> measured) => measured.Select(one => one.Cpu);

    // Long enough for two rounds of tiered compilation.
    private static async Task WarmUpAsync(IEnumerable<Func<int, Task>> ways)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2))
        {
            foreach (Func<int, Task> write in ways)
            {
                await write(2000);
            }
        }
    }

    private static async Task<(double Cpu, double Allocated)> MeasureAsync(Func<int, Task> write)
    {
        ProcessUse before = ProcessUse.Now();
        await write(Events);
        ProcessUse use = ProcessUse.Now() - before;
        return (use.Cpu.TotalSeconds / Events, (double)use.AllocatedBytes / Events);
    }
}

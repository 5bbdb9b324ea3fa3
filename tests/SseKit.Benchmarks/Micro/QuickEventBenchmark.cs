using System.Diagnostics;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Micro;

/// <summary>The same comparison as <see cref="EventBenchmarks"/> for machines that have no quarter of an hour.</summary>
internal static class QuickEventBenchmark
{
    private const int Rounds = 15;
    private const int Events = 50_000;

    public static async Task RunAsync()
    {
        var table = new Table("event", "written by", "time, of ready bytes", "time, of SseFormatter", "bytes allocated");
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
            List<(double Time, double Allocated)>[] measured = [.. ways.Select(_ => new List<(double, double)>())];
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
                    Spread.Ratio(Times(measured[i]), Times(measured[0])).ToString("F2"),
                    Spread.Ratio(Times(measured[i]), Times(measured[1])).ToString("F2"),
                    Spread.Of(measured[i].Select(one => one.Allocated)).Median.ToString("F2"));
            }
        }

        table.Print();
    }

    private static IEnumerable<double> Times(List<(double Time, double Allocated)> measured) => measured.Select(one => one.Time);

    // Long enough for the runtime to count, wait and compile again, twice.
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

    private static async Task<(double Time, double Allocated)> MeasureAsync(Func<int, Task> write)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        await write(Events);
        double time = Stopwatch.GetElapsedTime(started).TotalSeconds / Events;
        return (time, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / Events);
    }
}

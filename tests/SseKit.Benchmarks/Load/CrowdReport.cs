using System.Diagnostics;

namespace SseKit.Benchmarks.Load;

/// <summary>What a <see cref="Crowd"/> tells of the events it expected.</summary>
/// <param name="Last">When the last one came, on the system's clock.</param>
/// <param name="Cpu">What the clients took of the CPU, all together.</param>
/// <param name="Delay50">The median delay in seconds.</param>
/// <param name="Delay99">The 99th percentile in seconds.</param>
/// <param name="DelayMax">The longest in seconds.</param>
internal readonly record struct CrowdReport(long Last, TimeSpan Cpu, double Delay50, double Delay99, double DelayMax)
{
    public static CrowdReport Parse(string[] words) =>
        new(long.Parse(words[0]), TimeSpan.FromTicks(long.Parse(words[1])), Seconds(words[2]), Seconds(words[3]), Seconds(words[4]));

    private static double Seconds(string ticks) => long.Parse(ticks) / (double)Stopwatch.Frequency;
}

using System.Diagnostics;

namespace SseKit.Benchmarks.Load;

/// <summary>The measurements of a <see cref="ClientGroup"/>.</summary>
/// <param name="Last">The time of the last event, on the system's clock.</param>
/// <param name="Cpu">The CPU time of all clients.</param>
/// <param name="Delay50">The median delay in seconds.</param>
/// <param name="Delay99">The 99th percentile in seconds.</param>
/// <param name="DelayMax">The longest delay in seconds.</param>
internal readonly record struct GroupReport(long Last, TimeSpan Cpu, double Delay50, double Delay99, double DelayMax)
{
    public static GroupReport Parse(string[] words) =>
        new(long.Parse(words[0]), TimeSpan.FromTicks(long.Parse(words[1])), Seconds(words[2]), Seconds(words[3]), Seconds(words[4]));

    private static double Seconds(string ticks) => long.Parse(ticks) / (double)Stopwatch.Frequency;
}

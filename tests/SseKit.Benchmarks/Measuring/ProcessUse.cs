using System.Diagnostics;

namespace SseKit.Benchmarks.Measuring;

/// <summary>What this process has used so far.</summary>
internal readonly record struct ProcessUse(TimeSpan Cpu, long AllocatedBytes)
{
    public static ProcessUse Now() => new(Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));

    public static ProcessUse operator -(ProcessUse later, ProcessUse earlier) =>
        new(later.Cpu - earlier.Cpu, later.AllocatedBytes - earlier.AllocatedBytes);

    /// <summary>The memory that the operating system counts for this process.</summary>
    public static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}

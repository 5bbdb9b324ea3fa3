using System.Diagnostics;

namespace SseKit.Benchmarks.Measuring;

/// <summary>The resources that this process has used.</summary>
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

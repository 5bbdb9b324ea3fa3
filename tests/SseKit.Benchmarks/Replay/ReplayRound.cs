using System.Diagnostics;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Replay;

/// <summary>The measurements of one round.</summary>
/// <param name="Throughput">Events in a second, of all clients together.</param>
/// <param name="Cpu">Seconds of the server's CPU for an event.</param>
/// <param name="Allocated">Bytes allocated for an event.</param>
/// <param name="Growth">The largest growth of the process's memory in bytes.</param>
internal readonly record struct ReplayRound(double Throughput, double Cpu, double Allocated, double Growth)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public static async Task<ReplayRound> RunAsync(LoadClient client, ReplayCase each, string path)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long resident = ProcessUse.ResidentBytes();
        ProcessUse before = ProcessUse.Now();
        long deliveries = (long)each.Events * each.Clients;
        await client.ExpectAsync(deliveries);
        long started = Stopwatch.GetTimestamp();
        await client.OpenClientsAsync(path, each.Clients, timed: false);
        Task<GroupReport> receiving = client.WaitAsync();
        long highest = resident;
        while (!receiving.IsCompleted)
        {
            highest = Math.Max(highest, ProcessUse.ResidentBytes());
            await Task.WhenAny(receiving, Task.Delay(Look));
        }

        GroupReport report = await receiving;
        ProcessUse use = ProcessUse.Now() - before;
        await client.CloseClientsAsync();
        return new ReplayRound(
            deliveries / ((report.Last - started) / (double)Stopwatch.Frequency),
            use.Cpu.TotalSeconds / deliveries,
            (double)use.AllocatedBytes / deliveries,
            highest - resident);
    }
}

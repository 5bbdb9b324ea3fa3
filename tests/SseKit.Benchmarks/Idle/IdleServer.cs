using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Idle;

/// <summary>
/// One round of one variant in its own process: memory that a process keeps would hide the memory of the next variant.
/// </summary>
internal static class IdleServer
{
    public const string Command = "idle-server";

    /// <summary>Prints managed bytes and resident bytes per connection, and CPU seconds of the heartbeats.</summary>
    public static async Task RunAsync(string variant, int connections, int seconds)
    {
        var (app, port) = await LoopbackServer.StartAsync(IdleEndpoints.Map);
        await using (app)
        {
            using var client = new LoadClient(port);
            await client.HoldAsync($"/{variant}/{IdleEndpoints.Waiting}", 200);
            await client.ReleaseAsync();
            await SettleAsync();
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            long resident = ProcessUse.ResidentBytes();

            await client.HoldAsync($"/{variant}/{IdleEndpoints.Waiting}", connections);
            await SettleAsync();
            managed = GC.GetTotalMemory(forceFullCollection: true) - managed;
            resident = ProcessUse.ResidentBytes() - resident;
            await client.ReleaseAsync();

            await client.HoldAsync($"/{variant}/{IdleEndpoints.Beating}", connections);
            await SettleAsync();
            ProcessUse before = ProcessUse.Now();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            ProcessUse use = ProcessUse.Now() - before;
            await client.ReleaseAsync();
            Console.WriteLine($"{managed / connections} {resident / connections} {use.Cpu.TotalSeconds:R}");
        }
    }

    private static async Task SettleAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}

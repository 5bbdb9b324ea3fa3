using System.Diagnostics;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>One way to deliver an event to many clients: by this process, or by a peer's.</summary>
internal sealed class FanOutVariant(string name, string path, Func<Task> publish, Action? send = null, PeerServer? peer = null)
{
    public string Name { get; } = name;

    public string Path { get; } = path;

    /// <summary>Null if this process is the server.</summary>
    public PeerServer? Peer { get; } = peer;

    /// <summary>Publishes events, all at once or evenly paced, waits until all clients have received them, and repeats that.</summary>
    /// <param name="client">The clients' process.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="load">The events.</param>
    public async Task<FanOutRound> RunAsync(LoadClient client, int clients, FanOutLoad load)
    {
        GC.Collect();
        ProcessUse before = Use();
        double seconds = 0;
        TimeSpan clientCpu = TimeSpan.Zero;
        GroupReport report = default;
        for (int i = 0; i < load.Times; i++)
        {
            await client.ExpectAsync((long)clients * load.Events);
            long started = Stopwatch.GetTimestamp();
            await PublishAsync(load);
            report = await client.WaitAsync();
            clientCpu += report.Cpu;
            seconds += (report.Last - started) / (double)Stopwatch.Frequency;
        }

        ProcessUse use = Use() - before;
        double events = (double)load.Events * load.Times;
        double deliveries = clients * events;
        return new FanOutRound(
            deliveries / seconds,
            use.Cpu.TotalSeconds / deliveries,
            clientCpu.TotalSeconds / deliveries,
            use.AllocatedBytes / deliveries,
            use.AllocatedBytes / events,
            report.Delay99);
    }

    private ProcessUse Use() => Peer?.Use() ?? ProcessUse.Now();

    private async Task PublishAsync(FanOutLoad load)
    {
        using var ticks = load.Pace == TimeSpan.Zero ? null : new PeriodicTimer(load.Pace);
        for (int i = 0; i < load.Events; i++)
        {
            if (ticks is not null)
            {
                await ticks.WaitForNextTickAsync();
            }

            await publish();
        }

        send?.Invoke();
    }
}

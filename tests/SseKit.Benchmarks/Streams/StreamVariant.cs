using SseKit.Benchmarks.Load;

namespace SseKit.Benchmarks.Streams;

/// <summary>One endpoint and the measurements of its rounds.</summary>
internal sealed class StreamVariant(string name, string path)
{
    private readonly List<double> _throughputs = [];
    private readonly List<double> _cpu = [];
    private readonly List<double> _allocated = [];

    public string Name => name;

    /// <summary>Events per second, measured at the client.</summary>
    public IReadOnlyList<double> Throughputs => _throughputs;

    /// <summary>The server's CPU time per event, in nanoseconds.</summary>
    public IReadOnlyList<double> CpuNanoseconds => _cpu;

    public IReadOnlyList<double> AllocatedBytes => _allocated;

    public async Task RunAsync(LoadClient client, int events, bool warmUp)
    {
        var (read, seconds, use) = await client.ReadAsync($"{path}?count={events}");

        // SseKit's comment after the headers counts as one more event.
        if (read != events && read != events + 1)
        {
            throw new InvalidOperationException($"{name} sent {read} events instead of {events}.");
        }

        if (!warmUp)
        {
            _throughputs.Add(events / seconds);
            _cpu.Add(use.Cpu.TotalNanoseconds / events);
            _allocated.Add((double)use.AllocatedBytes / events);
        }
    }
}

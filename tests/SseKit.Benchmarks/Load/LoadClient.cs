using SseKit.Benchmarks.Measuring;
using SseKit.Benchmarks.Middleware;

namespace SseKit.Benchmarks.Load;

/// <summary>The server's view of the <see cref="ClientProcess"/>.</summary>
internal sealed class LoadClient(int port) : IDisposable
{
    private readonly ChildProcess _process = new(ClientProcess.Command);

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>Events, seconds, and what this process used meanwhile.</returns>
    public async Task<(long Events, double Seconds, ProcessUse Use)> ReadAsync(string path)
    {
        // What the one before has left behind is not this one's cost.
        GC.Collect();
        ProcessUse before = ProcessUse.Now();
        string[] answer = await _process.AskAsync($"{ClientProcess.Read} {port} {path}");
        return (long.Parse(answer[0]), double.Parse(answer[2]), ProcessUse.Now() - before);
    }

    /// <summary>Sends ordinary requests on one connection.</summary>
    public async Task<RequestRound> RequestAsync(string path, int count)
    {
        GC.Collect();
        ProcessUse before = ProcessUse.Now();
        string[] answer = await _process.AskAsync($"{ClientProcess.Request} {port} {path} {count}");
        ProcessUse use = ProcessUse.Now() - before;
        return new RequestRound(count / double.Parse(answer[0]), use.Cpu.TotalSeconds / count, (double)use.AllocatedBytes / count);
    }

    public Task HoldAsync(string path, int count) => _process.AskAsync($"{ClientProcess.Hold} {port} {path} {count}");

    public Task ReleaseAsync() => _process.AskAsync(ClientProcess.Release);

    /// <summary>Opens the connections of a <see cref="Crowd"/>.</summary>
    public Task GatherAsync(string path, int count, bool timed) =>
        _process.AskAsync($"{ClientProcess.Gather} {port} {path} {count} {timed}");

    public Task ExpectAsync(long events) => _process.AskAsync($"{ClientProcess.Expect} {events}");

    /// <summary>Waits until the crowd has had all that it expects.</summary>
    public async Task<CrowdReport> WaitAsync() => CrowdReport.Parse(await _process.AskAsync(ClientProcess.Wait));

    public Task DisperseAsync() => _process.AskAsync(ClientProcess.Disperse);

    public void Dispose() => _process.Dispose();
}

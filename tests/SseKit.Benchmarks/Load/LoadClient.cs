using SseKit.Benchmarks.Measuring;
using SseKit.Benchmarks.Middleware;

namespace SseKit.Benchmarks.Load;

/// <summary>The server's view of the <see cref="ClientProcess"/>.</summary>
internal sealed class LoadClient(int port) : IDisposable
{
    private readonly ChildProcess _process = new(ClientProcess.Command);

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>Events, seconds, and the resources that this process used.</returns>
    public async Task<(long Events, double Seconds, ProcessUse Use)> ReadAsync(string path)
    {
        // The garbage of the previous round is not a cost of this one.
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

    /// <summary>Opens the connections of a <see cref="ClientGroup"/>, to the server of another port if there is one.</summary>
    public Task OpenClientsAsync(string path, int count, bool timed, int? otherPort = null) =>
        _process.AskAsync($"{ClientProcess.Open} {otherPort ?? port} {path} {count} {timed}");

    public Task ExpectAsync(long events) => _process.AskAsync($"{ClientProcess.Expect} {events}");

    /// <summary>Waits until the clients have received all expected events.</summary>
    public async Task<GroupReport> WaitAsync() => GroupReport.Parse(await _process.AskAsync(ClientProcess.Wait));

    public Task CloseClientsAsync() => _process.AskAsync(ClientProcess.Close);

    public void Dispose() => _process.Dispose();
}

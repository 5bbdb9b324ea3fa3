using Microsoft.AspNetCore.Builder;

namespace SseKit.ClientTests.Infrastructure.Restarts;

/// <summary>
/// A process of the sample that ends when all clients are in the middle of their answers, and that is restarted on its port with the same
/// events. It happens once for all tests of a class, because the clients wait for a lease to expire.
/// </summary>
public abstract class ServerRestart : IAsyncLifetime, IAsyncDisposable
{
    // All clients start at the same time.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _folder = new();
    private readonly LogCapture _logs = new();
    private readonly Lazy<Task<Dictionary<string, Task<ClientReport>>>> _reports;
    private readonly TaskCompletionSource _allArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _restarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string[] _settings;
    private SampleProcess? _server;
    private KestrelApp? _control;
    private int _arrived;

    /// <param name="silence">How long the model pauses in the middle of an answer.</param>
    /// <param name="shutdownTimeout">How long the process may take to stop.</param>
    protected ServerRestart(TimeSpan silence, TimeSpan shutdownTimeout)
    {
        _settings =
        [
            "--contentRoot", _folder.Path, "--Events:File", "events.db", "--Model:Pace", "00:00:00.010", "--Model:Silence", $"{silence:c}",
            "--SseKit:Retry", "00:00:00.020", "--SseKit:HeartbeatInterval", "00:00:00.100",
            "--shutdownTimeoutSeconds", $"{shutdownTimeout.TotalSeconds}",
        ];
        _reports = new(RunAsync);
    }

    /// <summary>The text before the pause.</summary>
    public static string FirstHalf { get; } = FirstHalfOf(ProtocolsApp.Answer);

    /// <summary>Returns what a client reports of the restart.</summary>
    internal async Task<ClientReport> ReportOfAsync(string client) => await (await _reports.Value)[client];

    /// <summary>The client has the text so far once, and so has a second tab. Neither takes it for the whole answer.</summary>
    internal static void AssertInterrupted(ClientReport report)
    {
        Assert.Null(report.Error);
        Assert.Equal(FirstHalf, report.Text);
        Assert.False(report.Flag("isWhole"));
        Assert.NotEmpty(report.Strings("failures"));
        Assert.Equal(FirstHalf, report.String("tabText"));
        Assert.False(report.Flag("tabIsWhole"));
        Assert.NotEmpty(report.Strings("tabFailures"));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _restarted.TrySetResult();
        await (_control?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Delete();
        GC.SuppressFinalize(this);
        _logs.AssertNoUnexpectedErrors();
        Assert.DoesNotContain("fail: ", _server?.Output ?? "", StringComparison.Ordinal);
    }

    /// <summary>Ends the process.</summary>
    protected abstract Task EndAsync(SampleProcess server);

    private async Task<Dictionary<string, Task<ClientReport>>> RunAsync()
    {
        _server = await SampleProcess.StartAsync("Protocols.dll", _settings);
        _control = await KestrelApp.StartAsync(_logs, app => app.MapPost("/", RestartAsync));
        Dictionary<string, Task<ClientReport>> reports = ProtocolClients.All.ToDictionary(client => client, Read);
        if (await Task.WhenAny([_allArrived.Task, .. reports.Values]).WaitAsync(StartLimit) is Task<ClientReport> early)
        {
            Assert.Fail($"A client ended before the server: {(await early).More}\n{_server.Output}");
        }

        await EndAsync(_server);
        await _server.StartAsync();
        _restarted.SetResult();
        return reports;
    }

    private Task<ClientReport> Read(string client) =>
        NodeClients.RunAsync("restart", _server!.Address, "/silent", client, _control!.BaseAddress.ToString(), FirstHalf);

    private Task RestartAsync()
    {
        if (Interlocked.Increment(ref _arrived) == ProtocolClients.All.Length)
        {
            _allArrived.SetResult();
        }

        return _restarted.Task;
    }

    // As the model cuts it: a piece begins at a space or a line break.
    private static string FirstHalfOf(string answer)
    {
        int[] starts = [0, .. Enumerable.Range(1, answer.Length - 1).Where(i => answer[i] is ' ' or '\n')];
        return answer[..starts[starts.Length / 2]];
    }
}

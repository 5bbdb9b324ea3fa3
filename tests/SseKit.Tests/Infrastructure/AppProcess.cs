using System.Diagnostics;

namespace SseKit.Tests.Infrastructure;

/// <summary>One server of an app, in its own process, which ends with the test.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private readonly Process _process;

    private AppProcess(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = address,
            Timeout = TestTimeout.Limit,
        };
    }

    public HttpClient Client { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="arguments">The store: <c>postgres</c>, a connection string, a schema; or <c>redis</c>, a configuration, a prefix.</param>
    public static async Task<AppProcess> StartAsync(params string[] arguments)
    {
        ProcessStartInfo start = DotnetProgram.Named("SseKit.StoreServer.dll", arguments);
        start.RedirectStandardInput = true;
        Process process = Process.Start(start)!;
        string address = await process.StandardOutput.ReadLineAsync().OrTimeout()
            ?? throw new InvalidOperationException("The server process ended before it wrote its address.");
        return new AppProcess(process, new Uri(address));
    }

    public async Task<string> PublishAsync(string topic, string data, string? key = null)
    {
        string path = $"/publish/{Uri.EscapeDataString(topic)}?data={Uri.EscapeDataString(data)}"
            + (key is null ? "" : $"&key={Uri.EscapeDataString(key)}");
        using HttpResponseMessage response = await Client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Ends the process with SIGKILL, without a shutdown.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().OrTimeout();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().OrTimeout();
        }

        _process.Dispose();
    }
}

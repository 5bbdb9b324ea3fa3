namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A real proxy in front of an app, on its own port. Its configuration and files are deleted after the test.</summary>
public sealed class ReverseProxy : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ssekit-proxy-");
    private readonly int _port = LoopbackPort.Take();
    private ServerProcess? _process;

    private ReverseProxy() => Address = new Uri($"http://127.0.0.1:{_port}");

    public Uri Address { get; }

    public static string ProgramOf(ProxyKind kind) => kind switch
    {
        ProxyKind.Nginx => "nginx",
        ProxyKind.Apache => "apache2",
        ProxyKind.HAProxy => "haproxy",
        ProxyKind.Caddy => "caddy",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static async Task<ReverseProxy> StartAsync(ProxyKind kind, Uri upstream, ProxySettings settings)
    {
        var proxy = new ReverseProxy();
        try
        {
            await proxy.RunAsync(kind, upstream, settings);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task RunAsync(ProxyKind kind, Uri upstream, ProxySettings settings)
    {
        string folder = _folder.FullName;
        string file = Path.Combine(folder, "proxy.conf");
        (string configuration, string[] arguments, string readyText) = kind switch
        {
            ProxyKind.Nginx => (
                NginxConfiguration.Text(folder, _port, upstream, settings), ["-p", folder, "-e", "stderr", "-c", file],
                "start worker process "),
            ProxyKind.Apache => (
                ApacheConfiguration.Text(folder, _port, upstream, settings), ["-DFOREGROUND", "-f", file], "resuming normal operations"),
            ProxyKind.HAProxy => (
                HAProxyConfiguration.Text(_port, upstream, settings), ["-W", "-f", file], "Loading success"),
            _ => (
                CaddyConfiguration.Text(_port, upstream, settings),
                (string[])["run", "--config", file, "--adapter", "caddyfile"],
                "serving initial configuration"),
        };
        await File.WriteAllTextAsync(file, configuration);
        _process = await ServerProcess.StartAsync(ProgramOf(kind), folder, arguments, readyText);
    }
}

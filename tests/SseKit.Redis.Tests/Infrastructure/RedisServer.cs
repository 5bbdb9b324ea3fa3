using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>
/// A redis-server for the tests, with its files in a temporary folder, on a loopback port. It ends with the test process, however that
/// ends. All tests share one server that keeps everything; those that stop or change their server start another.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";

    // Standard input ends with the test process, and the server with it.
    private const string Script = """
        folder=$1; program=$2; shift 2
        cd "$folder"
        "$program" "$@" >>redis.log 2>&1 &
        server=$!
        printf %s $server >pid
        echo started
        read -r what_then
        kill -KILL $server
        wait $server 2>/dev/null
        [ "$what_then" = keep ] || { cd / && rm -rf "$folder"; }
        """;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private static readonly Lazy<Task<RedisServer>> Common = new(() => StartAsync("--appendonly", "yes", "--appendfsync", "always"));

    private readonly string _folder = Directory.CreateTempSubdirectory("ssekit-redis-").FullName;
    private readonly string[] _options;
    private Process? _process;
    private ConnectionMultiplexer? _admin;

    private RedisServer(string[] options) => _options = options;

    /// <summary>The reason why the tests are skipped; null if they run.</summary>
    public static string? ReasonToSkip { get; } = InstalledProgram.ReasonToSkip(Program);

    public int Port { get; } = LoopbackPort.Take();

    /// <summary>The port of a cluster's nodes for each other. Redis would choose one that other programs may have.</summary>
    public int ClusterPort { get; private init; }

    /// <summary>The configuration of a connection.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>The server of all tests.</summary>
    public static Task<RedisServer> SharedAsync() => Common.Value;

    /// <summary>Starts a node of a cluster, which has no slots yet.</summary>
    public static async Task<RedisServer> StartNodeAsync()
    {
        int port = LoopbackPort.Take();
        var server = new RedisServer(["--cluster-enabled", "yes", "--cluster-port", $"{port}"]) { ClusterPort = port };
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts another server.</summary>
    /// <param name="options">Options of the command line, such as <c>--appendonly yes</c>.</param>
    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var server = new RedisServer(options);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Whether a start has seen the server load its data, while it refuses commands.</summary>
    public bool WasLoading { get; private set; }

    /// <summary>Starts the server, and returns when it accepts commands.</summary>
    /// <param name="more">Further options of the command line.</param>
    public async Task StartAgainAsync(params string[] more)
    {
        string shell = "/bin/sh";
        _process = Process.Start(new ProcessStartInfo(
            shell,
            [
                "-c", Script, "redis", _folder, InstalledProgram.PathOf(Program), "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "",
                "--repl-diskless-sync-delay", "0", .. _options, .. more,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("started", await _process.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout));
        await AcceptsAsync().WaitAsync(StartTimeout);
    }

    /// <summary>Ends the server with SIGKILL.</summary>
    public async Task KillAsync()
    {
        await _process!.StandardInput.WriteLineAsync("keep");
        await EndAsync();
    }

    /// <summary>Stops the server's process, which keeps its connections and answers nothing.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Runs a command that the store does not use.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        ConnectionMultiplexer admin = await AdminAsync();
        return await admin.GetDatabase().ExecuteAsync(command, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await EndAsync();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", await File.ReadAllTextAsync(Path.Combine(_folder, "pid"))]);
        await kill.WaitForExitAsync().OrTimeout();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<ConnectionMultiplexer> AdminAsync() => _admin ??= await ConnectionMultiplexer.ConnectAsync(
        $"{Configuration},allowAdmin=true,name=admin");

    private async Task AcceptsAsync()
    {
        while (true)
        {
            try
            {
                WasLoading |= await IsLoadingAsync();
                await ExecuteAsync("PING");
                return;
            }
            catch (Exception exception) when (exception is RedisException or SocketException)
            {
                Assert.False(_process!.HasExited, "redis-server has exited.");
                await Task.Delay(20);
            }
        }
    }

    // The client shows nothing of it: it is not connected until the server has loaded its data.
    private async Task<bool> IsLoadingAsync()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, Port);
        await connection.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        using var reader = new StreamReader(connection.GetStream());
        return (await reader.ReadLineAsync().OrTimeout())?.StartsWith("-LOADING", StringComparison.Ordinal) == true;
    }

    private async Task EndAsync()
    {
        if (_admin is not null)
        {
            await _admin.DisposeAsync();
            _admin = null;
        }

        _process!.StandardInput.Close();
        await _process.WaitForExitAsync().OrTimeout();
        _process.Dispose();
        _process = null;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ScaleOut;

/// <summary>The store that the app servers share: a file, a server that runs, or a server of its own that ends with this program.</summary>
internal sealed class StoreServer : IAsyncDisposable
{
    // Each server writes into a folder of its own. Standard input ends with this program, and the server with it. PostgreSQL refuses to run
    // as root.
    private const string RedisScript = """
        cd "$1" && redis-server --port "$2" --bind 127.0.0.1 --appendonly yes --save "" >redis.log 2>&1 &
        server=$!; echo started; read -r _; kill $server; wait $server; rm -rf "$1"
        """;

    private const string PostgreSqlScript = """
        cd "$1"; as=; [ "$(id -u)" != 0 ] || { chown postgres "$1"; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; }
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1); PATH=$bin:$PATH
        $as initdb -D data -U postgres -A trust -E UTF8 >initdb.log 2>&1 || { tail -n 3 initdb.log; exit 1; }
        $as postgres -D data -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= >postgres.log 2>&1 &
        server=$!; echo started; read -r _; kill -INT $server; wait $server; cd /; rm -rf "$1"
        """;

    private readonly Process? _process;
    private readonly string? _folder;

    private StoreServer(string kind, string connection, Process? process = null, string? folder = null)
    {
        Kind = kind;
        Connection = connection;
        _process = process;
        _folder = folder;
    }

    public string Kind { get; }

    /// <summary>What a server needs to connect.</summary>
    public string Connection { get; }

    /// <summary>Finds or starts the store. Null if it cannot be had, with the reason on the console.</summary>
    public static async Task<StoreServer?> TryStartAsync(string kind, string? connection)
    {
        if (connection is not null)
        {
            return new StoreServer(kind, connection);
        }

        string folder = Directory.CreateTempSubdirectory("scale-out-").FullName;
        switch (kind)
        {
            case "sqlite":
                return new StoreServer(kind, Path.Combine(folder, "events.db"), folder: folder);
            case "redis":
                int redis = FreePort();
                return await TryStartAsync(kind, RedisScript, folder, redis, $"127.0.0.1:{redis}");
            case "postgres":
                int postgres = FreePort();
                return await TryStartAsync(kind, PostgreSqlScript, folder, postgres, $"Host=127.0.0.1;Port={postgres};Username=postgres");
            default:
                Console.Error.WriteLine($"The store '{kind}' is unknown. Use --store sqlite, redis or postgres.");
                return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
        }
        else if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static async Task<StoreServer?> TryStartAsync(string kind, string script, string folder, int port, string connection)
    {
        Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, kind, folder, $"{port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string? line = await process.StandardOutput.ReadLineAsync();
        if (line != "started" || !await AcceptsAsync(process, port))
        {
            Console.Error.WriteLine($"No server for --store {kind} could be started: is it installed? {line}");
            Console.Error.WriteLine("Name one that runs with --connection, or use --store sqlite, which needs none.");
            process.StandardInput.Close();
            return null;
        }

        return new StoreServer(kind, connection, process);
    }

    private static async Task<bool> AcceptsAsync(Process process, int port)
    {
        for (int i = 0; i < 300 && !process.HasExited; i++)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }

        return false;
    }

    // Below the ports that the system gives to other programs, which could take one of those before the server does.
    private static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // It is taken.
            }
        }
    }
}

using System.Diagnostics;
using System.Net.Sockets;

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// A pooler in transaction mode before a server of the tests: each transaction may get another session, so a session keeps no state for a
/// client.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    public const string Program = "pgbouncer";

    // Standard input ends with the test process, and the pooler with it. It refuses to run as root.
    private const string Script = """
        folder=$1; program=$2
        as_owner=
        if [ "$(id -u)" = 0 ]; then
            chown -R postgres "$folder"
            as_owner="setpriv --reuid=postgres --regid=postgres --clear-groups"
        fi
        cd "$folder"
        $as_owner "$program" pgbouncer.ini 2>pgbouncer.log &
        pooler=$!
        read -r _
        kill -TERM $pooler
        wait $pooler
        cd / && rm -rf "$folder"
        """;

    private readonly Process _process;

    private readonly int _port;

    private PgBouncer(Process process, int port)
    {
        _process = process;
        _port = port;
    }

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Timeout=20";

    public static Task<PgBouncer> StartAsync(PostgreSqlServer server) => StartAsync(server, LoopbackPort.Take());

    /// <summary>Ends the pooler, and starts another one in its place.</summary>
    public async Task<PgBouncer> RestartAsync(PostgreSqlServer server)
    {
        await DisposeAsync();
        return await StartAsync(server, _port);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().OrTimeout();
        _process.Dispose();
    }

    private static async Task<PgBouncer> StartAsync(PostgreSqlServer server, int port)
    {
        string folder = Directory.CreateTempSubdirectory("ssekit-pgbouncer-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "pgbouncer.ini"), $"""
            [databases]
            postgres = host=127.0.0.1 port={server.Port} user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 5
            server_login_retry = 0.1
            """);
        string program = InstalledProgram.PathOf(Program);
        Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "pgbouncer", folder, program])
        {
            RedirectStandardInput = true,
        })!;
        await TestTimeout.UntilAsync(() => process.HasExited || Accepts(port));
        Assert.False(process.HasExited, "PgBouncer has exited.");
        return new PgBouncer(process, port);
    }

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

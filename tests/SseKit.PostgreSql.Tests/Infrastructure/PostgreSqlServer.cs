using System.Diagnostics;
using Npgsql;

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// A PostgreSQL server of the tests' own: its files in a temporary folder, on a port of the loopback, gone with the test process however that ends. One is shared by all tests; those that stop
/// their server start another.
/// </summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    // Standard input ends with the test process, and the server with it. It refuses to run as root.
    private const string Script = """
        folder=$1; bin=$2; port=$3
        as_owner=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$folder"
            as_owner="setpriv --reuid=postgres --regid=postgres --clear-groups"
            # Its owner may not come to where the programs lie.
            if ! $as_owner test -x "$bin/postgres"; then
                [ -d "$folder/programs" ] || { cp -R "$bin/.." "$folder/programs" && chown -R postgres "$folder/programs"; } || exit 1
                bin=$folder/programs/bin
            fi
        fi
        cd "$folder"
        if [ ! -d data ]; then
            $as_owner "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 || { cat initdb.log; exit 1; }
        fi
        $as_owner "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 \
            -c shared_buffers=64MB -c max_wal_size=256MB -c autovacuum_naptime=5s -c log_min_messages=warning >>postgres.log 2>&1 &
        server=$!
        echo started
        read -r what_then
        kill -QUIT $server
        wait $server
        [ "$what_then" = keep ] || { cd / && rm -rf "$folder"; }
        """;

    private static readonly Lazy<Task<PostgreSqlServer>> Common = new(() => StartAsync());

    private readonly string _folder;
    private Process? _process;

    private PostgreSqlServer(string folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    /// <summary>The server of all tests, and its maintenance database.</summary>
    public static Task<PostgreSqlServer> SharedAsync() => Common.Value;

    public int Port { get; }

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres;Timeout=5";

    /// <summary>Starts another server.</summary>
    public static async Task<PostgreSqlServer> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("ssekit-postgresql-").FullName;
        var server = new PostgreSqlServer(folder, LoopbackPort.Take());
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        string shell = "/bin/sh";
        _process = Process.Start(new ProcessStartInfo(
            shell, ["-c", Script, "postgresql", _folder, Path.GetDirectoryName(PostgreSqlPrograms.PathOf("postgres"))!, $"{Port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? line = await _process.StandardOutput.ReadLineAsync().OrTimeout();
        Assert.True(line == "started", $"PostgreSQL did not start: {line}");
        await AcceptsAsync().OrTimeout();
    }

    /// <summary>Ends the server as a power failure would.</summary>
    public async Task CrashAsync()
    {
        await _process!.StandardInput.WriteLineAsync("keep");
        await EndAsync();
    }

    public async Task ExecuteAsync(string text)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> AskAsync<T>(string text)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        return (T)(await command.ExecuteScalarAsync())!;
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

    private async Task AcceptsAsync()
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException)
            {
                Assert.False(_process!.HasExited, "PostgreSQL has exited.");
                await Task.Delay(20);
            }
        }
    }

    private async Task EndAsync()
    {
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync().OrTimeout();
        _process.Dispose();
        _process = null;
    }
}

using System.Diagnostics;
using Npgsql;

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// A PostgreSQL server for the tests, with its files in a temporary folder, on a loopback port. It ends with the test process, however that
/// ends. All tests share one server; those that stop their server start another.
/// </summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    // Standard input ends with the test process, and the server with it. It refuses to run as root.
    private const string Script = """
        folder=$1; bin=$2; port=$3; template=$4; primary=$5
        as_owner=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$folder"
            as_owner="setpriv --reuid=postgres --regid=postgres --clear-groups"
            # Its owner may have no access to the folder of the programs.
            if ! $as_owner test -x "$bin/postgres"; then
                [ -d "$folder/programs" ] || { cp -R "$bin/.." "$folder/programs" && chown -R postgres "$folder/programs"; } || exit 1
                bin=$folder/programs/bin
            fi
        fi
        cd "$folder"
        if [ -n "$template" ]; then
            [ -d data ] || $as_owner cp -Rp "$template" data
            if [ -n "$primary" ] && [ ! -f standby ]; then
                touch standby data/standby.signal
                echo "primary_conninfo = 'host=127.0.0.1 port=$primary user=postgres'" >>data/postgresql.auto.conf
                [ "$(id -u)" != 0 ] || chown postgres data/standby.signal
            fi
        elif [ ! -d data ]; then
            $as_owner "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 \
                || { cat initdb.log; exit 1; }
            $as_owner cp -Rp data template
        fi
        $as_owner "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 \
            -c shared_buffers=64MB -c max_wal_size=256MB -c wal_keep_size=256MB -c autovacuum_naptime=5s -c log_min_messages=warning >>postgres.log 2>&1 &
        server=$!
        echo started
        read -r what_then
        kill -QUIT $server
        wait $server
        [ "$what_then" = keep ] || { cd / && rm -rf "$folder"; }
        """;

    // A busy machine takes long to create the files of a database.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    private static readonly Lazy<Task<PostgreSqlServer>> Common = new(() => StartAsync(template: ""));

    private readonly string _folder;
    private readonly string _template;
    private readonly int? _primary;
    private Process? _process;

    private PostgreSqlServer(string folder, string template, int? primary, int port)
    {
        _folder = folder;
        _template = template;
        _primary = primary;
        Port = port;
    }

    /// <summary>The server of all tests, and its maintenance database.</summary>
    public static Task<PostgreSqlServer> SharedAsync() => Common.Value;

    public int Port { get; }

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres;Timeout=5";

    /// <summary>Starts another server, with a copy of the initial files of the first one.</summary>
    public static async Task<PostgreSqlServer> StartAsync() => await StartAsync(await TemplateAsync());

    /// <summary>
    /// Starts an asynchronous standby of a server that <see cref="StartAsync()"/> has started. It begins with the same files, and receives
    /// everything since then.
    /// </summary>
    public static async Task<PostgreSqlServer> StartStandbyAsync(PostgreSqlServer primary) =>
        await StartAsync(await TemplateAsync(), primary.Port);

    /// <summary>Waits until this standby has everything that its primary has committed, and then disconnects it.</summary>
    public async Task DisconnectAsync(PostgreSqlServer primary)
    {
        string position = await primary.AskAsync<string>("select pg_current_wal_insert_lsn()::text");
        while (!await AskAsync<bool>($"select coalesce(pg_last_wal_replay_lsn() >= '{position}'::pg_lsn, false)"))
        {
            await Task.Delay(20);
        }

        await ExecuteAsync("alter system set primary_conninfo = ''");
        await ExecuteAsync("select pg_reload_conf()");
        while (await AskAsync<bool>("select exists (select from pg_stat_wal_receiver)"))
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Makes this standby the primary.</summary>
    public async Task PromoteAsync() => Assert.True(await AskAsync<bool>("select pg_promote()"));

    public async Task StartAgainAsync()
    {
        string shell = "/bin/sh";
        _process = Process.Start(new ProcessStartInfo(
            shell,
            ["-c", Script, "postgresql", _folder, Path.GetDirectoryName(PostgreSqlPrograms.PathOf("postgres"))!, $"{Port}", _template, $"{_primary}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout);
        Assert.True(line == "started", $"PostgreSQL did not start: {line}");
        await AcceptsAsync().WaitAsync(StartTimeout);
    }

    /// <summary>Ends the server as a power failure would.</summary>
    public async Task CrashAsync()
    {
        await _process!.StandardInput.WriteLineAsync("keep");
        await EndAsync();
    }

    /// <summary>The errors in the server's log.</summary>
    public async Task<string[]> ReadErrorsAsync() =>
        [.. (await File.ReadAllLinesAsync(Path.Combine(_folder, "postgres.log")))
            .Where(line => line.Contains("ERROR:", StringComparison.Ordinal))];

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

    private static async Task<string> TemplateAsync() => Path.Combine((await SharedAsync())._folder, "template");

    private static async Task<PostgreSqlServer> StartAsync(string template, int? primary = null)
    {
        string folder = Directory.CreateTempSubdirectory("ssekit-postgresql-").FullName;
        var server = new PostgreSqlServer(folder, template, primary, LoopbackPort.Take());
        await server.StartAgainAsync();
        return server;
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

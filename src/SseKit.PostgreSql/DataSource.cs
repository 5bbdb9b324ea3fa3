using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Where connections come from: a data source of the store's own, or the app's. Thread-safe.</summary>
internal sealed class DataSource : IDisposable
{
    private readonly string? _connectionString;
    private volatile NpgsqlDataSource _source;

    private DataSource(NpgsqlDataSource source, string? connectionString)
    {
        _source = source;
        _connectionString = connectionString;
    }

    /// <summary>Connections for this store alone.</summary>
    public static DataSource Own(string connectionString) => new(Create(connectionString, pooled: false), connectionString);

    /// <summary>Connections of the app's, which disposes their source.</summary>
    public static DataSource Of(NpgsqlDataSource source) => new(source, connectionString: null);

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>Leaves no state in sessions where a pooler may give each transaction another one. The app's own data source is the app's to set.</summary>
    public async Task AdaptToPoolerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_connectionString is null || !await IsPooledAsync(connection, cancellationToken))
        {
            return;
        }

        NpgsqlDataSource direct = _source;
        _source = Create(_connectionString, pooled: true);
        await direct.DisposeAsync();
    }

    public void Dispose()
    {
        if (_connectionString is not null)
        {
            _source.Dispose();
        }
    }

    // What the connection string says about these settings wins.
    private static NpgsqlDataSource Create(string connectionString, bool pooled)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.ApplicationName ??= "SseKit";
        if (pooled)
        {
            settings.NoResetOnClose |= !Mentions("No Reset On Close") && !Mentions("NoResetOnClose");
        }
        else if (!Mentions("Auto Prepare") && !Mentions("AutoPrepare"))
        {
            // The few statements of the store come again and again.
            settings.MaxAutoPrepare = 20;
            settings.AutoPrepareMinUsages = 3;
        }

        return NpgsqlDataSource.Create(settings);

        bool Mentions(string setting) => connectionString.Contains(setting, StringComparison.OrdinalIgnoreCase);
    }

    // A pooler tells its clients the process of no session, since they share them.
    private static async Task<bool> IsPooledAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))! != connection.ProcessID;
    }
}

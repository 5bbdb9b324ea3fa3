using System.Transactions;
using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Opens connections from the store's own data source or from the app's. Thread-safe.</summary>
internal sealed class DataSource : IDisposable
{
    private readonly string? _connectionString;
    private volatile NpgsqlDataSource _source;

    private DataSource(NpgsqlDataSource source, string? connectionString)
    {
        _source = source;
        _connectionString = connectionString;
    }

    /// <summary>Creates a source of connections for this store alone.</summary>
    public static DataSource Own(string connectionString) => new(Create(connectionString, pooled: false), connectionString);

    /// <summary>Uses the app's data source, which the app disposes.</summary>
    public static DataSource Of(NpgsqlDataSource source) => new(source, connectionString: null);

    /// <summary>Opens a connection that takes part in no transaction scope of the caller.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        // The store announces what it has changed, and a rollback of the scope would undo it.
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return await _source.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>Leaves no state in sessions if a pooler can change them between transactions. The app configures its own source.</summary>
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

    // Settings of the connection string take precedence.
    private static NpgsqlDataSource Create(string connectionString, bool pooled)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.ApplicationName ??= "SseKit";

        // The listener needs a connection of its own.
        settings.Multiplexing = false;
        if (pooled)
        {
            settings.NoResetOnClose |= !Mentions("No Reset On Close") && !Mentions("NoResetOnClose");
        }
        else if (!Mentions("Auto Prepare") && !Mentions("AutoPrepare"))
        {
            // The store repeats few statements.
            settings.MaxAutoPrepare = 20;
            settings.AutoPrepareMinUsages = 3;
        }

        return NpgsqlDataSource.Create(settings);

        bool Mentions(string setting) => connectionString.Contains(setting, StringComparison.OrdinalIgnoreCase);
    }

    // A pooler reports a process id that is not the session's, because its clients share sessions.
    private static async Task<bool> IsPooledAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))! != connection.ProcessID;
    }
}

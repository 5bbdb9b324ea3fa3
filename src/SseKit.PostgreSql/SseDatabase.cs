using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Gives connections to the database, whose schema is there when the first one is given. Thread-safe.</summary>
internal sealed class SseDatabase(NpgsqlDataSource source, bool ownsSource, SsePostgreSqlStoreOptions options) : IDisposable
{
    private readonly string _schema = SsePostgreSqlSchema.Quote(options.Schema);
    private readonly SemaphoreSlim _migration = new(1);
    private volatile bool _ready;

    /// <summary>A data source for this store alone.</summary>
    public static NpgsqlDataSource CreateSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);

        // The few statements of the store come again and again. What the connection string says about this wins.
        if (settings.MaxAutoPrepare == 0 && !connectionString.Contains("Auto Prepare", StringComparison.OrdinalIgnoreCase))
        {
            settings.MaxAutoPrepare = 20;
            settings.AutoPrepareMinUsages = 3;
        }

        settings.ApplicationName ??= "SseKit";
        return NpgsqlDataSource.Create(settings);
    }

    /// <summary>A statement with the schema's name in its place.</summary>
    public string Statement(string text) => text.Replace("{schema}", _schema, StringComparison.Ordinal);

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken);
        return await source.OpenConnectionAsync(cancellationToken);
    }

    public async ValueTask EnsureReadyAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        await _migration.WaitAsync(cancellationToken);
        try
        {
            if (!_ready)
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
                await new SseSchemaMigration(connection, options).RunAsync(cancellationToken);
                _ready = true;
            }
        }
        finally
        {
            _migration.Release();
        }
    }

    public void Dispose()
    {
        if (ownsSource)
        {
            source.Dispose();
        }
    }
}

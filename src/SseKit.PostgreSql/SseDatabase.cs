using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Gives connections to the database, whose schema is there when the first one is given. Thread-safe.</summary>
internal sealed class SseDatabase(SseDataSource source, SsePostgreSqlStoreOptions options) : IDisposable
{
    private readonly string _schema = SsePostgreSqlSchema.Quote(options.Schema);
    private readonly SemaphoreSlim _migration = new(1);
    private volatile bool _ready;

    /// <summary>A statement with the schema's name in its place.</summary>
    public string Statement(string text) => text.Replace("{schema}", _schema, StringComparison.Ordinal);

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken);
        return await source.OpenAsync(cancellationToken);
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
                await using NpgsqlConnection connection = await source.OpenAsync(cancellationToken);
                await new SseSchemaMigration(connection, options).RunAsync(cancellationToken);
                await source.AdaptToPoolerAsync(connection, cancellationToken);
                _ready = true;
            }
        }
        finally
        {
            _migration.Release();
        }
    }

    public void Dispose() => source.Dispose();
}

using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Opens connections to the database after its schema is ready. Thread-safe.</summary>
internal sealed class Database(DataSource source, SsePostgreSqlEventStoreOptions options) : IDisposable
{
    private readonly string _schema = SsePostgreSqlSchema.Quote(options.Schema);
    private readonly Lock _gate = new();
    private Task? _preparing;
    private volatile bool _ready;

    /// <summary>Inserts the schema's name into a statement.</summary>
    public string Statement(string text) => text.Replace("{schema}", _schema, StringComparison.Ordinal);

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken);
        return await source.OpenAsync(cancellationToken);
    }

    /// <summary>Runs one statement. Repeats it if it was certainly rolled back because of other sessions.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> statement, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
                return await statement(connection);
            }
            catch (PostgresException exception) when (RolledBack.IsTransient(exception))
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Waits until the schema is ready. All callers share one preparation; a token ends only its caller's wait.</summary>
    public ValueTask EnsureReadyAsync(CancellationToken cancellationToken) =>
        _ready ? default : new(PrepareAsync().WaitAsync(cancellationToken));

    public void Dispose() => source.Dispose();

    private Task PrepareAsync()
    {
        lock (_gate)
        {
            if (_preparing is null)
            {
                var preparing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _preparing = preparing.Task;
                BackgroundWork.Start(() => PrepareAsync(preparing));
            }

            return _preparing;
        }
    }

    private async Task PrepareAsync(TaskCompletionSource preparing)
    {
        try
        {
            await using NpgsqlConnection connection = await source.OpenAsync(CancellationToken.None);
            await new SchemaMigration(connection, options).RunAsync(CancellationToken.None);
            await source.AdaptToPoolerAsync(connection, CancellationToken.None);
            _ready = true;
            preparing.SetResult();
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _preparing = null;
            }

            preparing.SetException(exception);

            // All callers may have been cancelled; this marks the exception as observed.
            _ = preparing.Task.Exception;
        }
    }
}

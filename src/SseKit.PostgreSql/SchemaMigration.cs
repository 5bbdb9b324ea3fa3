using System.Data;
using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Creates the schema if it is missing. Any number of servers may do so concurrently.</summary>
internal sealed class SchemaMigration(NpgsqlConnection connection, SsePostgreSqlEventStoreOptions options)
{
    private readonly string _schema = SsePostgreSqlSchema.Quote(options.Schema);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // If the schema is current, the server needs neither locks nor the right to create.
        if (await IsCurrentAsync(cancellationToken))
        {
            return;
        }

        if (!options.CreateSchema)
        {
            throw new InvalidOperationException(
                $"The schema {_schema} of the PostgreSQL event store is missing, and CreateSchema is false. "
                + "Run the script of SsePostgreSqlSchema.CreateScript, or set CreateSchema to true.");
        }

        // The defaults of the role are for statements of the app: this transaction waits for other servers, and reads what they committed.
        await using NpgsqlTransaction transaction =
            await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync("set local lock_timeout = 0; set local statement_timeout = 0", cancellationToken);
        await ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('SseKit ' || $1, 0))", cancellationToken, options.Schema);
        if (!await IsCurrentAsync(cancellationToken))
        {
            await ExecuteAsync(SsePostgreSqlSchema.CreateScript(options.Schema), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        // to_regproc is not used: it reads a cache, which another server's commit updates late.
        await using var exists = new NpgsqlCommand(
            "select exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            + " where n.nspname = $1 and p.proname = 'version')",
            connection)
        {
            Parameters = { new() { Value = options.Schema } },
        };
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return false;
        }

        await using var version = new NpgsqlCommand($"select {_schema}.version()", connection);
        int found = (int)(await version.ExecuteScalarAsync(cancellationToken))!;
        return found == SsePostgreSqlSchema.Version
            ? true
            : throw new InvalidOperationException(
                $"The schema {_schema} has version {found}, but this SseKit.PostgreSql needs version {SsePostgreSqlSchema.Version}. "
                + "Use the package version that created it, or another schema.");
    }

    private async Task ExecuteAsync(string text, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(text, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

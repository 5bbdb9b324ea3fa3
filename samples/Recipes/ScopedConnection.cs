using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using SseKit;

namespace Recipes;

internal static class ScopedConnection
{
    public static Recipe Recipe { get; } = new(
        "scoped-connection", "A handler returns its database connection before the stream begins.", AddAccounts, MapAccounts);

    public static void AddAccounts(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddSingleton<DbDataSource>(_ => builder.Configuration.GetConnectionString("Bank") is { } bank
            ? NpgsqlDataSource.Create(bank)
            : SqliteFactory.Instance.CreateDataSource($"Data Source={builder.Configuration["Bank:File"] ?? "bank.db"}"));
        builder.Services.AddScoped<Accounts>();
    }

    public static void MapAccounts(WebApplication app)
    {
        CreateAccounts(app.Services.GetRequiredService<DbDataSource>());

        app.MapSse("/accounts/{id}", async Task<IResult> (int id, IServiceScopeFactory scopes, CancellationToken ct) =>
        {
            // The request's own scope ends with the stream. This one ends here, and its connection returns to the pool.
            await using (AsyncServiceScope scope = scopes.CreateAsyncScope())
            {
                if (!await scope.ServiceProvider.GetRequiredService<Accounts>().ExistsAsync(id, ct))
                {
                    return Results.NotFound();
                }
            }

            return SseResults.Follow($"account:{id}");
        });
    }

    private static void CreateAccounts(DbDataSource source)
    {
        using DbCommand command = source.CreateCommand(
            "create table if not exists recipe_accounts (id int primary key); "
            + "insert into recipe_accounts values (1), (2) on conflict do nothing");
        command.ExecuteNonQuery();
    }
}

/// <summary>A scoped service that keeps one open connection until its scope ends.</summary>
internal sealed class Accounts(DbDataSource source) : IAsyncDisposable
{
    private DbConnection? _connection;

    public async Task<bool> ExistsAsync(int id, CancellationToken ct)
    {
        _connection ??= await source.OpenConnectionAsync(ct);
        await using DbCommand command = _connection.CreateCommand();
        command.CommandText = "select count(*) from recipe_accounts where id = @id";
        DbParameter parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@id", id);
        command.Parameters.Add(parameter);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), null) == 1;
    }

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? default;
}

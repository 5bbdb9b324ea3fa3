using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests.Notifications;

/// <summary>Polls on one connection that leads to another database after a failover, as behind a pooler.</summary>
public sealed class PollTests : PostgreSqlTest
{
    // PostgreSQL finds the first function here before its own one.
    [Theory]
    [InlineData("pg_current_snapshot() returns pg_snapshot language sql as $$ select '900000:900000:'::pg_snapshot $$")]
    [InlineData("timeline() returns integer language sql as 'select 77'")]
    public async Task A_database_of_another_history_changes_any_topic(string function)
    {
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        await Server.ExecuteAsync(
            $"create function {QuotedSchema}.pg_current_snapshot() returns pg_snapshot language sql as "
            + "$$ select '1000000:1000000:'::pg_snapshot $$");
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { SearchPath = $"{QuotedSchema},pg_catalog" };
        await using var store = new PostgreSqlEventStore(
            DataSource.Own(settings.ConnectionString),
            new SsePostgreSqlEventStoreOptions { Schema = Schema, PollInterval = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System,
            NullLogger.Instance);
        using var announced = new SemaphoreSlim(0);
        using IDisposable subscription = store.Subscribe(topic =>
        {
            if (topic is null)
            {
                announced.Release();
            }
        });
        await announced.WaitAsync().OrTimeout();

        await Server.ExecuteAsync($"create or replace function {QuotedSchema}.{function}");

        await announced.WaitAsync().OrTimeout();
    }
}

using Npgsql;

namespace SseKit.Benchmarks.Postgres;

/// <summary>
/// A minimal implementation: each event is an insert that commits, on a pooled connection. There is no order of commits and no
/// notification.
/// </summary>
internal sealed class BareInsert(NpgsqlDataSource source, string schema)
{
    private static readonly byte[] Payload = [.. "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"u8];

    public async Task CreateAsync()
    {
        await using NpgsqlCommand create = source.CreateCommand(
            $"create table {schema}.bare (id bigint generated always as identity primary key, "
            + "topic text not null, payload bytea not null)");
        await create.ExecuteNonQueryAsync();
    }

    public async ValueTask InsertAsync(string topic)
    {
        await using NpgsqlCommand insert = source.CreateCommand($"insert into {schema}.bare (topic, payload) values ($1, $2) returning id");
        insert.Parameters.Add(new() { Value = topic });
        insert.Parameters.Add(new() { Value = Payload });
        await insert.ExecuteScalarAsync();
    }
}

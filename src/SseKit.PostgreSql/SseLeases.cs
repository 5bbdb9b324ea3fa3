using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Leases as rows, whose times are the database's.</summary>
internal sealed class SseLeases(SseDatabase database, SemaphoreSlim lane)
{
    /// <summary>How many statements about leases are under way at once.</summary>
    public const int Lanes = 1;

    private const string AcquireText = """
        insert into {schema}.leases as l (name, owner, expires_at) values ($1, $2, clock_timestamp() + $3)
        on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at, taken_over = true
        where l.expires_at <= clock_timestamp() or l.owner = excluded.owner
        returning taken_over
        """;

    private const string RenewText = "update {schema}.leases set expires_at = clock_timestamp() + $3 where name = $1 and owner = $2 returning taken_over";

    private const string ReleaseText = "delete from {schema}.leases where name = $1 and owner = $2";

    public async Task<SseLeaseGrant> TryAcquireAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        await ExecuteAsync(AcquireText, topic, owner, duration, cancellationToken) switch
        {
            null => SseLeaseGrant.Refused,
            false => SseLeaseGrant.Granted,
            true => SseLeaseGrant.TakenOver,
        };

    public async Task<bool> TryRenewAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        await ExecuteAsync(RenewText, topic, owner, duration, cancellationToken) is not null;

    public Task ReleaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        ExecuteAsync(ReleaseText, topic, owner, duration: null, cancellationToken);

    // Returns whether the owner took it over from another, and null where no row was written.
    private async Task<bool?> ExecuteAsync(string text, string topic, string owner, TimeSpan? duration, CancellationToken cancellationToken)
    {
        await lane.WaitAsync(cancellationToken);
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(database.Statement(text), connection)
            {
                Parameters =
                {
                    new() { Value = SseTopicKey.Encode(topic), NpgsqlDbType = NpgsqlDbType.Bytea },
                    new() { Value = owner, NpgsqlDbType = NpgsqlDbType.Text },
                },
            };
            if (duration is { } time)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = time, NpgsqlDbType = NpgsqlDbType.Interval });
            }

            return (bool?)await command.ExecuteScalarAsync(cancellationToken);
        }
        finally
        {
            lane.Release();
        }
    }
}

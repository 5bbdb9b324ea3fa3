using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>
/// Keeps leases as rows, by the database's clock. A row that another session has locked affects its own topic only: renewals and
/// acquisitions skip it. Renewals have a connection of their own, so that other statements do not delay them.
/// </summary>
internal sealed class Leases(Database database, SemaphoreSlim lane, SemaphoreSlim renewalLane)
{
    /// <summary>The number of concurrent lease statements other than renewals.</summary>
    public const int Lanes = 1;

    /// <summary>The number of concurrent renewals. One renews any number of leases.</summary>
    public const int RenewalLanes = 1;

    // This does not lock a lease that is held, because its owner's renewal would skip the row.
    private const string AcquireText = """
        with free as (
            select name from {schema}.leases where name = $1 and (expires_at <= clock_timestamp() or owner = $2) for update skip locked
        ), taken as (
            update {schema}.leases l set owner = $2, expires_at = clock_timestamp() + $3, taken_over = true
            from free where l.name = free.name
            returning l.taken_over
        ), made as (
            insert into {schema}.leases (name, owner, expires_at)
            select $1, $2, clock_timestamp() + $3 where not exists (select from {schema}.leases where name = $1)
            on conflict (name) do nothing
            returning taken_over
        )
        select taken_over from taken union all select taken_over from made
        """;

    private const string RenewText = """
        with asked as materialized (
            select * from unnest($1, $2, $3) with ordinality as asked(name, owner, duration, place)
        ), held as (
            select l.name, asked.duration, asked.place from {schema}.leases l join asked on asked.name = l.name and asked.owner = l.owner
            for update of l skip locked
        ), renewed as (
            update {schema}.leases l set expires_at = clock_timestamp() + held.duration from held where l.name = held.name
            returning held.place
        )
        select renewed.place is not null, exists (select from {schema}.leases l where l.name = asked.name and l.owner = asked.owner)
        from asked left join renewed on renewed.place = asked.place order by asked.place
        """;

    private const string OwnerText = "select owner from {schema}.leases where name = $1 and expires_at > clock_timestamp()";

    private const string ReleaseText = "delete from {schema}.leases where name = $1 and owner = $2";

    public async Task<SseLeaseResult> TryAcquireAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        (bool?)await ExecuteAsync(AcquireText, topic, owner, duration, cancellationToken) switch
        {
            null => SseLeaseResult.Refused,
            false => SseLeaseResult.Granted,
            true => SseLeaseResult.TakenOver,
        };

    public async Task<IReadOnlyList<SseLeaseRenewalResult>> TryRenewAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken)
    {
        await renewalLane.WaitAsync(cancellationToken);
        try
        {
            return await database.RunAsync(connection => RenewAsync(connection, leases, cancellationToken), cancellationToken);
        }
        finally
        {
            renewalLane.Release();
        }
    }

    public Task ReleaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        ExecuteAsync(ReleaseText, topic, owner, duration: null, cancellationToken);

    public async Task<string?> GetOwnerAsync(string topic, CancellationToken cancellationToken) =>
        (string?)await ExecuteAsync(OwnerText, topic, owner: null, duration: null, cancellationToken);

    private async Task<IReadOnlyList<SseLeaseRenewalResult>> RenewAsync(
        NpgsqlConnection connection, IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(database.Statement(RenewText), connection)
        {
            Parameters =
            {
                Each(lease => TopicKey.Encode(lease.Topic), NpgsqlDbType.Bytea),
                Each(lease => lease.Owner, NpgsqlDbType.Text),
                Each(lease => lease.Duration, NpgsqlDbType.Interval),
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var results = new List<SseLeaseRenewalResult>(leases.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            results.Add((Renewed: reader.GetBoolean(0), Held: reader.GetBoolean(1)) switch
            {
                { Renewed: true } => SseLeaseRenewalResult.Renewed,
                { Held: true } => SseLeaseRenewalResult.Busy,
                _ => SseLeaseRenewalResult.Lost,
            });
        }

        return results;

        NpgsqlParameter Each<T>(Func<SseLeaseRenewal, T> value, NpgsqlDbType type) =>
            new() { Value = leases.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    // Returns the first column of the first row, or null if there is none.
    private async Task<object?> ExecuteAsync(
        string text, string topic, string? owner, TimeSpan? duration, CancellationToken cancellationToken)
    {
        await lane.WaitAsync(cancellationToken);
        try
        {
            return await database.RunAsync(
                async connection =>
                {
                    await using NpgsqlCommand command = Command(connection);
                    return await command.ExecuteScalarAsync(cancellationToken);
                },
                cancellationToken);
        }
        finally
        {
            lane.Release();
        }

        NpgsqlCommand Command(NpgsqlConnection connection)
        {
            var command = new NpgsqlCommand(database.Statement(text), connection);
            command.Parameters.Add(new NpgsqlParameter { Value = TopicKey.Encode(topic), NpgsqlDbType = NpgsqlDbType.Bytea });
            if (owner is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = owner, NpgsqlDbType = NpgsqlDbType.Text });
            }

            if (duration is { } time)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = time, NpgsqlDbType = NpgsqlDbType.Interval });
            }

            return command;
        }
    }
}

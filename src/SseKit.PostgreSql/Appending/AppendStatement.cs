using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>The statement that appends: one round trip, one transaction, so that no client holds a topic's row while it thinks.</summary>
internal static class AppendStatement
{
    private const string Text = "select r_status, r_epoch, r_sequence from {schema}.append($1, $2, $3, $4, $5, $7, $6)";

    private const string WaitingText = "select r_status, r_epoch, r_sequence from {schema}.append_waiting($1, $2, $3, $4, $5, $6)";

    /// <param name="database">Where the schema's name is known.</param>
    /// <param name="connection">The connection, in a transaction or not.</param>
    /// <param name="names">The topics, each once.</param>
    /// <param name="counts">How many events each has.</param>
    /// <param name="events">The events, topic by topic.</param>
    /// <param name="skip">Whether a topic whose row is locked is left out.</param>
    /// <param name="patience">The longest wait for a lock; null leaves it to the session.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public static async Task<AppendOutcome[]> ExecuteAsync(
        Database database,
        NpgsqlConnection connection,
        byte[][] names,
        int[] counts,
        IReadOnlyList<PendingAppend> events,
        bool skip,
        TimeSpan? patience,
        CancellationToken cancellationToken)
    {
        // In a transaction of the app's, a lock timeout is the app's own and fails its statement.
        bool returnsWhenLocked = !skip && patience is not null;
        await using var command = new NpgsqlCommand(database.Statement(returnsWhenLocked ? WaitingText : Text), connection)
        {
            Parameters =
            {
                new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = counts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                new() { Value = events.Select(each => each.Payload).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = events.Select(each => each.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = events.Select(each => each.ExpectedEpoch).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = patience is { } time ? (int)time.TotalMilliseconds : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        if (!returnsWhenLocked)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = skip, NpgsqlDbType = NpgsqlDbType.Boolean });
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken);
        var outcomes = new AppendOutcome[events.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            await reader.ReadAsync(cancellationToken);
            var status = (AppendStatus)reader.GetInt16(0);
            outcomes[i] = new AppendOutcome(
                status, status is AppendStatus.Appended or AppendStatus.Found ? new SsePosition(reader.GetString(1), reader.GetInt64(2)) : default);
        }

        // The transaction is over only with what follows the rows.
        await reader.NextResultAsync(cancellationToken);
        return outcomes;
    }
}

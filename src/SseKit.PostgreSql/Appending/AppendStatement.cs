using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Appends in one round trip and one transaction, so that no client keeps a topic's row locked between statements.</summary>
internal static class AppendStatement
{
    private const string Text = "select r_status, r_epoch, r_sequence from {schema}.append($1, $2, $3, $4, $5, $7, $6)";

    private const string WaitingText = "select r_status, r_epoch, r_sequence from {schema}.append_waiting($1, $2, $3, $4, $5, $6)";

    /// <param name="database">Provides the schema's name.</param>
    /// <param name="connection">The connection, inside or outside a transaction.</param>
    /// <param name="names">The topics, each once.</param>
    /// <param name="counts">The number of events of each topic.</param>
    /// <param name="events">The events, topic by topic.</param>
    /// <param name="skip">Whether to skip a topic whose row is locked.</param>
    /// <param name="timeout">The longest wait for a lock, or null for the session's own.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public static async Task<AppendOutcome[]> ExecuteAsync(
        Database database,
        NpgsqlConnection connection,
        byte[][] names,
        int[] counts,
        IReadOnlyList<PendingAppend> events,
        bool skip,
        TimeSpan? timeout,
        CancellationToken cancellationToken)
    {
        // In a transaction of the app, the app's own lock timeout applies, and it fails the app's statement.
        bool returnsWhenLocked = !skip && timeout is not null;
        await using var command = new NpgsqlCommand(database.Statement(returnsWhenLocked ? WaitingText : Text), connection)
        {
            Parameters =
            {
                new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = counts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                new() { Value = events.Select(each => each.Payload).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = events.Select(each => each.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = events.Select(each => each.ExpectedEpoch).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = timeout is { } time ? (int)time.TotalMilliseconds : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
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

        // The transaction ends only with the response that follows the rows.
        await reader.NextResultAsync(cancellationToken);
        return outcomes;
    }
}

using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Appends in one round trip and one transaction, so that no client keeps a topic's row locked between statements.</summary>
internal static class AppendStatement
{
    private const string Text = "select r_status, r_epoch, r_sequence from {schema}.append($1, $2, $3, $4, $5, $6, $8, $7)";

    private const string WaitingText = "select r_status, r_epoch, r_sequence from {schema}.append_waiting($1, $2, $3, $4, $5, $6, $7)";

    /// <param name="database">Provides the schema's name.</param>
    /// <param name="connection">The connection, inside or outside a transaction.</param>
    /// <param name="names">The topics, each once.</param>
    /// <param name="counts">The number of appends of each topic.</param>
    /// <param name="appends">The appends, topic by topic.</param>
    /// <param name="skip">Whether to skip a topic whose row is locked.</param>
    /// <param name="timeout">The longest wait for a lock, or null for the session's own.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public static async Task<AppendOutcome[]> ExecuteAsync(
        Database database,
        NpgsqlConnection connection,
        byte[][] names,
        int[] counts,
        IReadOnlyList<PendingAppend> appends,
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
                ArrayOf(NpgsqlDbType.Bytea, names),
                ArrayOf(NpgsqlDbType.Integer, counts),
                ArrayOf(NpgsqlDbType.Integer, appends.Select(each => each.Request.Payloads.Count)),
                ArrayOf(NpgsqlDbType.Bytea, appends.SelectMany(each => each.Request.Payloads)),
                ArrayOf(NpgsqlDbType.Bytea, appends.Select(each => each.Key)),
                ArrayOf(NpgsqlDbType.Text, appends.Select(each => each.Request.ExpectedEpoch)),
                new() { Value = timeout is { } time ? (int)time.TotalMilliseconds : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        if (!returnsWhenLocked)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = skip, NpgsqlDbType = NpgsqlDbType.Boolean });
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken);
        var outcomes = new AppendOutcome[appends.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            await reader.ReadAsync(cancellationToken);
            var status = (AppendStatus)reader.GetInt16(0);
            outcomes[i] = new AppendOutcome(
                status,
                status is AppendStatus.Appended or AppendStatus.Found ? new SsePosition(reader.GetString(1), reader.GetInt64(2)) : default);
        }

        // The transaction ends only with the response that follows the rows.
        await reader.NextResultAsync(cancellationToken);
        return outcomes;
    }

    private static NpgsqlParameter ArrayOf<T>(NpgsqlDbType type, IEnumerable<T> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}

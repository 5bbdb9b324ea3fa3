using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Completes and deletes topics. While a topic's row is locked, the connection is returned between attempts.</summary>
internal sealed class TopicChanges(Database database, ChangeNotifier notifier, SemaphoreSlim lane, TimeProvider time)
{
    /// <summary>The number of concurrent changes.</summary>
    public const int Changers = 2;

    private const string CompleteText = "select {schema}.complete($1, $2, $3, $4, $5)";
    private const string DeleteText = "select {schema}.reset_topic($1, $2, $3)";
    private const int LockTimeoutMilliseconds = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public Task CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        ChangeAsync(
            topic,
            CompleteText,
            [
                new NpgsqlParameter { Value = (short)status, NpgsqlDbType = NpgsqlDbType.Smallint },
                Epoch(expected?.Epoch),
                new NpgsqlParameter { Value = (object?)expected?.Sequence ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
            ],
            expected,
            cancellationToken);

    public Task DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) => ChangeAsync(
        topic,
        DeleteText,
        [Epoch(expectedEpoch)],
        expectedEpoch is null ? null : new SsePosition(expectedEpoch, 0),
        cancellationToken);

    private static NpgsqlParameter Epoch(string? epoch) =>
        new() { Value = (object?)epoch ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private Task ChangeAsync(
        string topic, string text, NpgsqlParameter[] values, SsePosition? expected, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        byte[] name = TopicKey.Encode(topic);
        NpgsqlParameter[] all =
        [
            new() { Value = name, NpgsqlDbType = NpgsqlDbType.Bytea },
            .. values,
            new() { Value = LockTimeoutMilliseconds, NpgsqlDbType = NpgsqlDbType.Integer },
        ];

        // The token ends the caller's wait. An attempt that has begun continues, and notifies other servers if it commits. It does not
        // depend on the caller's synchronization context, which may be blocked.
        return Task.Run(ChangeAsync, CancellationToken.None).WaitAsync(cancellationToken);

        async Task ChangeAsync()
        {
            bool? changed;
            while ((changed = await TryChangeAsync(text, all, cancellationToken)) is null)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }

            if (changed == false)
            {
                throw SseStaleEpochException.ForTopic(topic, expected!.Value);
            }

            notifier.Send(name);
        }
    }

    // Returns null if the row is locked or the attempt was rolled back, and false if the topic is not as expected. The token applies until
    // the statement begins.
    private async Task<bool?> TryChangeAsync(string text, NpgsqlParameter[] values, CancellationToken cancellationToken)
    {
        await lane.WaitAsync(cancellationToken);
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(database.Statement(text), connection);
            foreach (NpgsqlParameter value in values)
            {
                command.Parameters.Add(value.Clone());
            }

            return await command.ExecuteScalarAsync(CancellationToken.None) as bool?;
        }
        catch (PostgresException exception) when (RolledBack.IsTransient(exception))
        {
            return null;
        }
        finally
        {
            lane.Release();
        }
    }
}

using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Completes and deletes topics. Where a topic's row is locked, the connection is given back meanwhile.</summary>
internal sealed class SseTopicChanges(SseDatabase database, SseNewsSender news, SemaphoreSlim lane, TimeProvider time)
{
    /// <summary>How many changes are under way at once.</summary>
    public const int Changers = 2;

    private const string CompleteText = "select {schema}.complete($1, $2, $3, $4)";
    private const string DeleteText = "select {schema}.forget($1, $2, $3)";
    private const int PatienceMilliseconds = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public Task CompleteAsync(string topic, SseTopicCompletion completion, string? expectedEpoch, CancellationToken cancellationToken) =>
        ChangeAsync(
            topic, CompleteText, [new NpgsqlParameter { Value = (short)completion, NpgsqlDbType = NpgsqlDbType.Smallint }], expectedEpoch, cancellationToken);

    public Task DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        ChangeAsync(topic, DeleteText, [], expectedEpoch, cancellationToken);

    private async Task ChangeAsync(string topic, string text, NpgsqlParameter[] values, string? expectedEpoch, CancellationToken cancellationToken)
    {
        byte[] name = SseTopicKey.Encode(topic);
        NpgsqlParameter[] all =
        [
            new() { Value = name, NpgsqlDbType = NpgsqlDbType.Bytea },
            .. values,
            new() { Value = (object?)expectedEpoch ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new() { Value = PatienceMilliseconds, NpgsqlDbType = NpgsqlDbType.Integer },
        ];
        bool? changed;
        while ((changed = await TryChangeAsync(text, all, cancellationToken)) is null)
        {
            await Task.Delay(Pause, time, cancellationToken);
        }

        if (changed == false)
        {
            throw SseAppender.Stale(topic, expectedEpoch!);
        }

        news.Send(name);
    }

    // Null where the row is locked. False where the log is not the one that is expected.
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

            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return null;
        }
        finally
        {
            lane.Release();
        }
    }
}

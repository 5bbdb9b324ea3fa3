using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>Completes and deletes topics. Where a topic's row is locked, the connection is given back meanwhile.</summary>
internal sealed class SseTopicChanges(SseDatabase database, SseNewsSender news, SemaphoreSlim lane, TimeProvider time)
{
    /// <summary>How many changes are under way at once.</summary>
    public const int Changers = 2;

    private const string CompleteText = "select {schema}.complete($1, $2, $3)";
    private const string DeleteText = "select {schema}.forget($1, $2)";
    private const int PatienceMilliseconds = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public Task CompleteAsync(string topic, SseTopicCompletion completion, CancellationToken cancellationToken) =>
        ChangeAsync(topic, CompleteText, [new NpgsqlParameter { Value = (short)completion, NpgsqlDbType = NpgsqlDbType.Smallint }], cancellationToken);

    public Task DeleteAsync(string topic, CancellationToken cancellationToken) => ChangeAsync(topic, DeleteText, [], cancellationToken);

    private async Task ChangeAsync(string topic, string text, NpgsqlParameter[] values, CancellationToken cancellationToken)
    {
        byte[] name = SseTopicKey.Encode(topic);
        while (!await TryChangeAsync(name, text, values, cancellationToken))
        {
            await Task.Delay(Pause, time, cancellationToken);
        }

        news.Send(name);
    }

    private async Task<bool> TryChangeAsync(byte[] name, string text, NpgsqlParameter[] values, CancellationToken cancellationToken)
    {
        await lane.WaitAsync(cancellationToken);
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(database.Statement(text), connection)
            {
                Parameters = { new() { Value = name, NpgsqlDbType = NpgsqlDbType.Bytea } },
            };
            foreach (NpgsqlParameter value in values)
            {
                command.Parameters.Add(value.Clone());
            }

            command.Parameters.Add(new NpgsqlParameter { Value = PatienceMilliseconds, NpgsqlDbType = NpgsqlDbType.Integer });
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }
        finally
        {
            lane.Release();
        }
    }
}

using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>
/// Appends batches, and tells each caller what became of its event: 1. open a connection; 2. append; 3. tell the callers and the other servers. What failed for
/// certain and may fare better alone is tried again; what may have happened never is.
/// </summary>
internal sealed class Appender(Database database, ChangeNotifier news, CancellationToken stopping)
{
    // How long a transaction that waits for one topic keeps its connection from the next.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>Appends a batch. Returns for each topic whether it has to wait until its row is free.</summary>
    public async Task<bool[]> AppendAsync(AppendBatch batch, bool mayWait)
    {
        if (batch.Events.Count == 0)
        {
            return new bool[batch.Topics.Count];
        }

        try
        {
            // Step 1. Where this fails, nothing has happened.
            await using NpgsqlConnection connection = await database.OpenAsync(stopping);

            // Step 2.
            AppendOutcome[]? outcomes = await TryExecuteAsync(connection, batch, mayWait);

            // Step 3.
            return outcomes is null ? [.. batch.Topics.Select(_ => true)] : Tell(batch, outcomes);
        }
        catch (Exception exception)
        {
            foreach (PendingAppend append in batch.Events)
            {
                append.Fail(exception);
            }

            return new bool[batch.Topics.Count];
        }
    }

    public static SseTopicCompletedException Completed(string topic) =>
        new($"Topic '{topic}' is completed. Nothing can be published to it any more.") { Topic = topic };

    public static SseStaleEpochException Stale(string topic, string expectedEpoch) =>
        new($"Topic '{topic}' is of another epoch than '{expectedEpoch}': its log was deleted or lost. Nothing was changed.") { Topic = topic };

    // Null where the transaction was rolled back for a reason that concerns one topic, or locks: each topic is tried alone then.
    private async Task<AppendOutcome[]?> TryExecuteAsync(NpgsqlConnection connection, AppendBatch batch, bool mayWait)
    {
        try
        {
            return await AppendStatement.ExecuteAsync(
                database,
                connection,
                [.. batch.Topics.Select(topic => topic.Name)],
                [.. batch.Counts],
                batch.Events,
                skip: !mayWait,
                Patience,
                CancellationToken.None);
        }
        catch (PostgresException exception) when (IsRolledBack(exception))
        {
            if (batch.Topics.Count > 1 || IsAboutLocks(exception))
            {
                return null;
            }

            throw;
        }
        catch (Exception exception)
        {
            throw new NpgsqlException(
                "The connection to PostgreSQL broke while an event was appended: it may be in the topic or not. Publishing again is safe with an idempotency key.",
                exception);
        }
    }

    // An ERROR ends the transaction. A FATAL ends the session, and may come after the commit.
    private static bool IsRolledBack(PostgresException exception) => exception.InvariantSeverity == "ERROR";

    private static bool IsAboutLocks(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private bool[] Tell(AppendBatch batch, AppendOutcome[] outcomes)
    {
        bool[] locked = new bool[batch.Topics.Count];
        int next = 0;
        for (int topic = 0; topic < locked.Length; topic++)
        {
            bool changed = false;
            for (int i = 0; i < batch.Counts[topic]; i++, next++)
            {
                switch (outcomes[next].Status)
                {
                    case AppendStatus.Appended:
                    case AppendStatus.Found:
                        // What is found may be of a server that died before it told the others.
                        batch.Events[next].Complete(
                            new SseAppendResult(outcomes[next].Position, IsNew: outcomes[next].Status == AppendStatus.Appended));
                        changed = true;
                        break;

                    case AppendStatus.TopicCompleted:
                        batch.Events[next].Fail(Completed(batch.Topics[topic].Topic));
                        break;

                    case AppendStatus.EpochStale:
                        batch.Events[next].Fail(Stale(batch.Topics[topic].Topic, batch.Events[next].ExpectedEpoch!));
                        break;

                    default:
                        locked[topic] = true;
                        break;
                }
            }

            if (changed)
            {
                news.Send(batch.Topics[topic].Name);
            }
        }

        return locked;
    }
}

using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>
/// Appends batches and completes each caller's append: 1. open a connection; 2. append; 3. complete the appends and notify other servers.
/// A transaction that was certainly rolled back is retried topic by topic. A transaction that may have committed is never retried.
/// </summary>
internal sealed class Appender(Database database, ChangeNotifier notifier, CancellationToken stopping)
{
    // The longest time for which a transaction that waits for one topic occupies its connection.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>Appends a batch. Returns for each topic whether its row was locked.</summary>
    public async Task<bool[]> AppendAsync(AppendBatch batch, bool mayWait)
    {
        if (batch.Appends.Count == 0)
        {
            return new bool[batch.Topics.Count];
        }

        try
        {
            // Step 1: open a connection. If this fails, nothing has been appended.
            await using NpgsqlConnection connection = await database.OpenAsync(stopping);

            // Step 2: append.
            AppendOutcome[]? outcomes = await TryExecuteAsync(connection, batch, mayWait);

            // Step 3: complete the appends, and notify other servers.
            return outcomes is null ? [.. batch.Topics.Select(_ => true)] : CompleteAppends(batch, outcomes);
        }
        catch (Exception exception)
        {
            foreach (PendingAppend append in batch.Appends)
            {
                append.Fail(exception);
            }

            return new bool[batch.Topics.Count];
        }
    }

    // Returns null if the transaction was rolled back because of one topic or of other sessions. Each topic is then retried alone.
    private async Task<AppendOutcome[]?> TryExecuteAsync(NpgsqlConnection connection, AppendBatch batch, bool mayWait)
    {
        try
        {
            return await AppendStatement.ExecuteAsync(
                database,
                connection,
                [.. batch.Topics.Select(topic => topic.Name)],
                [.. batch.Counts],
                batch.Appends,
                skip: !mayWait,
                LockTimeout,
                CancellationToken.None);
        }
        catch (PostgresException exception) when (RolledBack.IsCertain(exception))
        {
            if (batch.Topics.Count > 1 || RolledBack.IsTransient(exception))
            {
                return null;
            }

            throw;
        }
        catch (Exception exception)
        {
            throw new NpgsqlException(
                "The connection to PostgreSQL broke or was cancelled during an append, so the outcome is unknown. "
                + "Publish again with an idempotency key: the event is then appended at most once.",
                exception);
        }
    }

    private bool[] CompleteAppends(AppendBatch batch, AppendOutcome[] outcomes)
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
                        // An event that was found may come from a server that stopped before it notified the others.
                        batch.Appends[next].Complete(new SseAppendResult
                        {
                            Position = outcomes[next].Position,
                            IsNew = outcomes[next].Status == AppendStatus.Appended,
                        });
                        changed = true;
                        break;

                    case AppendStatus.TopicCompleted:
                        batch.Appends[next].Fail(SseTopicCompletedException.ForTopic(batch.Topics[topic].Topic));
                        break;

                    case AppendStatus.EpochStale:
                        batch.Appends[next].Fail(
                            SseStaleEpochException.ForTopic(batch.Topics[topic].Topic, batch.Appends[next].Request.ExpectedEpoch!));
                        break;

                    default:
                        locked[topic] = true;
                        break;
                }
            }

            if (changed)
            {
                notifier.Send(batch.Topics[topic].Name);
            }
        }

        return locked;
    }
}

using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Retention;
using SseKit.Stores;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// The connection that writes. Each transaction: 1. reads the counters and the changes of other writers; 2. requests change rows; 3. what
/// is beyond the bounds is deleted; 4. the rows are written back and committed. Not thread-safe.
/// </summary>
internal sealed class WriteSession(
    SqliteConnection connection,
    Epochs epochs,
    ForeignChanges foreign,
    EvictedEvents evicted,
    SseSqliteEventStoreOptions options,
    TimeProvider time) : IDisposable
{
    private readonly Statements _statements = new(connection);

    public WriteTransaction Begin()
    {
        _statements["begin immediate"].Execute();
        var transaction = new WriteTransaction(_statements, epochs, options, time);
        foreign.Collect(_statements, transaction.Store);
        return transaction;
    }

    public void Commit(WriteTransaction transaction)
    {
        Trimming.Trim(transaction);
        transaction.WriteRows();

        // Read before the commit: after it, a read that fails would report publishes as failed that are committed.
        long lastChanged = foreign.ReadLastChanged(_statements, transaction.Store);
        _statements["commit"].Execute();
        evicted.Add(transaction.Evicted);
        foreign.Committed(transaction.Store, lastChanged);
    }

    // Closing the connection rolls back an open transaction.
    public void Dispose()
    {
        _statements.Dispose();
        connection.Dispose();
    }
}

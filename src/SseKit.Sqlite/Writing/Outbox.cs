using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using SseKit.Sqlite.Files;
using SseKit.Stores;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// Appends within transactions of the app. For the store's own writer, their connections are those of another process: it finds the events
/// after the commit. Thread-safe for different connections.
/// </summary>
internal sealed class Outbox(DatabaseFile file, SseSqliteEventStoreOptions options, TimeProvider time)
{
    private const int FullSynchronous = 2;

    public SseAppendResult Append(DbTransaction transaction, SseAppendRequest request)
    {
        SqliteTransaction own = OpenTransaction(transaction);
        Epochs epochs = file.Prepare();
        return file.Guard(() =>
        {
            CheckFile(own);
            CheckFlush(own);
            return Append(own.Connection!, epochs, request);
        });
    }

    private SseAppendResult Append(SqliteConnection connection, Epochs epochs, SseAppendRequest request)
    {
        using var statements = new Statements(connection);
        statements["savepoint ssekit_append"].Execute();
        try
        {
            var transaction = new WriteTransaction(statements, epochs, options, time);
            SseAppendResult result = TopicWrites.Append(transaction, request);
            transaction.WriteRows();
            statements["release ssekit_append"].Execute();
            return result;
        }
        catch
        {
            // After some errors, such as a full disk, SQLite has rolled back the whole transaction.
            if (IsInTransaction(connection))
            {
                Statement.Execute(connection, "rollback to ssekit_append; release ssekit_append");
            }

            throw;
        }
    }

    private static SqliteTransaction OpenTransaction(DbTransaction transaction)
    {
        if (transaction is not SqliteTransaction own)
        {
            throw new ArgumentException(
                $"The transaction is a {transaction.GetType().Name}, but must be a SqliteTransaction for the SQLite store.",
                nameof(transaction));
        }

        // Outside of a transaction, the append would commit at once. Statements of the app may have ended it.
        return own.Connection is { } connection && IsInTransaction(connection)
            ? own
            : throw new InvalidOperationException("The transaction has ended. Publish before it is committed or rolled back.");
    }

    private static bool IsInTransaction(SqliteConnection connection) => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    private void CheckFile(SqliteTransaction transaction)
    {
        string other = DatabaseFile.NameOf(transaction.Connection!);
        if (!string.Equals(other, file.Name, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The transaction is in the database '{other}', but must be in '{file.Name}', the file of the SQLite event store.",
                nameof(transaction));
        }
    }

    // The store detects lost commits by the rows of processes that do not flush. (I5)
    private void CheckFlush(SqliteTransaction transaction)
    {
        long synchronous = Statement.Number(transaction.Connection!, "pragma synchronous");
        if (synchronous < FullSynchronous && options.Synchronous == SseSqliteSynchronous.Full)
        {
            throw new ArgumentException(
                $"The transaction's connection has 'pragma synchronous = {synchronous}', so a loss of its commit would not be detected. "
                + "Set it to full, or set SseSqliteEventStoreOptions.Synchronous to Normal.",
                nameof(transaction));
        }
    }
}

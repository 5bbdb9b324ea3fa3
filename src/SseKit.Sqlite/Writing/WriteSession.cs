using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Writing;

/// <summary>The connection that writes, with its statements by text. Not thread-safe.</summary>
internal sealed class WriteSession(
    SqliteConnection connection, Epochs epochs, ForeignChanges foreign, SseSqliteEventStoreOptions options, TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

    public Epochs Epochs { get; } = epochs;

    public ForeignChanges Foreign { get; } = foreign;

    public SseSqliteEventStoreOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    /// <summary>The prepared statement of a text.</summary>
    public Statement this[string text]
    {
        get
        {
            if (!_statements.TryGetValue(text, out Statement? statement))
            {
                statement = new Statement(connection, text);
                _statements.Add(text, statement);
            }

            return statement;
        }
    }

    public WriteTransaction Begin()
    {
        this["begin immediate"].Execute();
        return new WriteTransaction(this);
    }

    // Closing the connection rolls back an open transaction.
    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}

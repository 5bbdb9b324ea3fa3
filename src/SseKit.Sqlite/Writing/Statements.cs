using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Writing;

/// <summary>The prepared statements of a connection by text. Not thread-safe.</summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

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

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }
    }
}

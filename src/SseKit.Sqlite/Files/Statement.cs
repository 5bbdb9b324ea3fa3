using System.Globalization;
using Microsoft.Data.Sqlite;

namespace SseKit.Sqlite.Files;

/// <summary>A statement that is prepared once and run often, with parameters $1, $2, … Not thread-safe.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string text)
    {
        _command = Command(connection, text);
        for (int i = 1; text.Contains($"${i}", StringComparison.Ordinal); i++)
        {
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }
    }

    public void Execute(params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Query(values);

        // A statement such as incremental_vacuum works row by row.
        while (reader.Read())
        {
        }
    }

    public SqliteDataReader Query(params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return _command.ExecuteReader();
    }

    /// <summary>The first column of the first row, or null if there is none.</summary>
    public long? Number(params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Query(values);
        return reader.Read() && !reader.IsDBNull(0) ? reader.GetInt64(0) : null;
    }

    public static long Number(SqliteConnection connection, string text)
    {
        using SqliteCommand command = Command(connection, text);
        return Convert.ToInt64(command.ExecuteScalar() ?? 0L, CultureInfo.InvariantCulture);
    }

    public static string Text(SqliteConnection connection, string text)
    {
        using SqliteCommand command = Command(connection, text);
        return command.ExecuteScalar() as string ?? "";
    }

    public static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = Command(connection, text);
        command.ExecuteNonQuery();
    }

    public void Dispose() => _command.Dispose();

    // A command must name the transaction of its connection. CreateCommand sets it.
    private static SqliteCommand Command(SqliteConnection connection, string text)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }
}

using Microsoft.Data.Sqlite;
using SseKit.Stores;

namespace SseKit.Sqlite.Files;

/// <summary>The tables of the store. They are created once, by the first of all processes that open the file.</summary>
internal static class Schema
{
    private const long Version = 1;

    public static void Prepare(SqliteConnection connection, string path, bool sharesDatabase)
    {
        // One transaction reads all that identifies the file: another process may create the tables in between.
        Statement.Execute(connection, "begin");
        bool isReady = IsReady(connection, path, sharesDatabase);
        bool isEmpty = IsEmpty(connection);
        Statement.Execute(connection, "commit");
        if (isEmpty)
        {
            // In a file with tables this has no effect, except that it replaces another mode of the app.
            Statement.Execute(connection, "pragma auto_vacuum = incremental");
        }

        SetWriteAheadLog(connection, path);
        if (!isReady)
        {
            Create(connection, path, sharesDatabase);
        }
    }

    public static Epochs ReadEpochs(SqliteConnection connection)
    {
        using var command = new SqliteCommand("select secret from ssekit_store", connection);
        return new Epochs((byte[])command.ExecuteScalar()!);
    }

    private static bool IsReady(SqliteConnection connection, string path, bool sharesDatabase)
    {
        if (Statement.Number(connection, "select count(*) from sqlite_schema where name = 'ssekit_store'") == 1)
        {
            long version = Statement.Number(connection, "select version from ssekit_store");
            return version <= Version ? true : throw StoreErrors.NewerVersion(path, version, Version);
        }

        return sharesDatabase || IsEmpty(connection) ? false : throw StoreErrors.OtherContent(path);
    }

    private static bool IsEmpty(SqliteConnection connection) => Statement.Number(connection, "select count(*) from sqlite_schema") == 0;

    private static void SetWriteAheadLog(SqliteConnection connection, string path)
    {
        using var journal = new SqliteCommand("pragma journal_mode = wal", connection);
        string? mode = journal.ExecuteScalar() as string;
        if (mode != "wal")
        {
            throw StoreErrors.NoWriteAheadLog(path, mode);
        }
    }

    private static void Create(SqliteConnection connection, string path, bool sharesDatabase)
    {
        Statement.Execute(connection, "begin immediate");
        try
        {
            // Another process may have created the tables meanwhile.
            if (!IsReady(connection, path, sharesDatabase))
            {
                Statement.Execute(connection, Script());
            }

            Statement.Execute(connection, "commit");
        }
        catch
        {
            // Closing the connection rolls back, if SQLite has not done so already.
            connection.Close();
            throw;
        }
    }

    private static string Script()
    {
        using Stream resource = typeof(Schema).Assembly.GetManifestResourceStream("create.sql")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}

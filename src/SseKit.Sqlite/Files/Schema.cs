using Microsoft.Data.Sqlite;

namespace SseKit.Sqlite.Files;

/// <summary>The tables of the store. They are created once, by the first of all processes that open the file.</summary>
internal static class Schema
{
    private const long ApplicationId = 0x5353454B;
    private const long Version = 1;

    public static void Prepare(SqliteConnection connection, string path)
    {
        // One transaction reads all that identifies the file: another process may create the tables in between.
        Statement.Execute(connection, "begin");
        bool isReady = IsReady(connection, path);
        Statement.Execute(connection, "commit");
        if (!isReady)
        {
            Create(connection, path);
        }
    }

    public static Epochs ReadEpochs(SqliteConnection connection)
    {
        using var command = new SqliteCommand("select secret from store", connection);
        return new Epochs((byte[])command.ExecuteScalar()!);
    }

    private static bool IsReady(SqliteConnection connection, string path)
    {
        long application = Statement.Number(connection, "pragma application_id");
        long version = Statement.Number(connection, "pragma user_version");
        if (application == ApplicationId && version >= Version)
        {
            return version == Version ? true : throw StoreErrors.NewerVersion(path, version, Version);
        }

        bool isEmpty = application == 0 && version == 0 && Statement.Number(connection, "select count(*) from sqlite_schema") == 0;
        return isEmpty ? false : throw StoreErrors.OtherContent(path);
    }

    private static void Create(SqliteConnection connection, string path)
    {
        // SQLite sets this in an empty file only.
        Statement.Execute(connection, "pragma auto_vacuum = incremental");
        using (var journal = new SqliteCommand("pragma journal_mode = wal", connection))
        {
            string? mode = journal.ExecuteScalar() as string;
            if (mode != "wal")
            {
                throw StoreErrors.NoWriteAheadLog(path, mode);
            }
        }

        Statement.Execute(connection, "begin immediate");
        try
        {
            // Another process may have created the tables meanwhile.
            if (!IsReady(connection, path))
            {
                Statement.Execute(connection, $"{Script()} pragma application_id = {ApplicationId}; pragma user_version = {Version}");
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

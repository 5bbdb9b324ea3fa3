using Microsoft.Data.Sqlite;
using SseKit.Stores;

namespace SseKit.Sqlite.Files;

/// <summary>Gives connections to the file, which is prepared when the first one is given. Thread-safe.</summary>
internal sealed class DatabaseFile
{
    // Another process holds the write lock for milliseconds. The bound turns a lock that is never released into an error.
    private const int BusyTimeoutMilliseconds = 5000;

    private readonly SqliteConnectionStringBuilder _settings;
    private readonly SseSqliteEventStoreOptions _options;
    private readonly Lock _gate = new();
    private readonly string? _unflushed;
    private Epochs? _epochs;

    /// <param name="pathOrConnectionString">A path, or a connection string, which has an equals sign.</param>
    /// <param name="contentRoot">Where a relative path begins.</param>
    /// <param name="options">When the disk is flushed, and whether the file may have other tables.</param>
    public DatabaseFile(string pathOrConnectionString, string contentRoot, SseSqliteEventStoreOptions options)
    {
        _options = options;
        _settings = Parse(pathOrConnectionString);
        _settings.DataSource = Path = System.IO.Path.GetFullPath(System.IO.Path.Combine(contentRoot, _settings.DataSource));

        bool flushes = options.Synchronous == SseSqliteSynchronous.Full || _settings.Mode == SqliteOpenMode.ReadOnly;
        _unflushed = flushes ? null : Guid.NewGuid().ToString("N");

        // The store keeps its own connections, and closes them when it is disposed.
        _settings.Pooling = false;

        // With a shared cache, the writer would write through the file that readers have opened for reading only.
        _settings.Cache = SqliteCacheMode.Private;
    }

    public string Path { get; }

    /// <summary>The file as SQLite names it, without symbolic links. Null until it is prepared.</summary>
    public string? Name { get; private set; }

    /// <summary>The file of a connection's main database, as SQLite names it. Empty if it is in memory.</summary>
    public static string NameOf(SqliteConnection connection) =>
        Statement.Text(connection, "select file from pragma_database_list where name = 'main'");

    /// <summary>Reads a path or a connection string.</summary>
    /// <exception cref="ArgumentException">The connection string is invalid, or names no file.</exception>
    public static SqliteConnectionStringBuilder Parse(string pathOrConnectionString)
    {
        SqliteConnectionStringBuilder settings = pathOrConnectionString.Contains('=', StringComparison.Ordinal)
            ? new SqliteConnectionStringBuilder(pathOrConnectionString)
            : new SqliteConnectionStringBuilder { DataSource = pathOrConnectionString };
        bool isMemory = settings.Mode == SqliteOpenMode.Memory
            || settings.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase);
        if (isMemory || string.IsNullOrWhiteSpace(settings.DataSource))
        {
            throw new ArgumentException(
                $"'{pathOrConnectionString}' names no file. Name one, such as 'events.db', or use AddInMemoryEventStore.",
                nameof(pathOrConnectionString));
        }

        return settings;
    }

    public SqliteConnection OpenWriter()
    {
        Prepare();
        return Open(_settings.Mode == SqliteOpenMode.ReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite);
    }

    public SqliteConnection OpenReader()
    {
        Prepare();
        return Open(SqliteOpenMode.ReadOnly);
    }

    /// <summary>Creates the file and its tables if they are missing, and checks that the file is an event store.</summary>
    public Epochs Prepare()
    {
        lock (_gate)
        {
            if (_epochs is null)
            {
                Check();
                using SqliteConnection connection = Open(_settings.Mode);
                _epochs = Guard(() =>
                {
                    Schema.Prepare(connection, Path, _options.SharesDatabase);
                    UnflushedWriters.Open(connection, _unflushed);
                    Name = NameOf(connection);
                    return Schema.ReadEpochs(connection);
                });
            }

            return _epochs;
        }
    }

    /// <summary>Notes that this process writes no more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_epochs is not null && _unflushed is not null)
            {
                using SqliteConnection connection = Open(SqliteOpenMode.ReadWrite);
                UnflushedWriters.Close(connection, _unflushed);
                _epochs = null;
            }
        }
    }

    /// <summary>Runs what may fail with an error of SQLite.</summary>
    public T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException exception)
        {
            throw StoreErrors.Of(exception, Path);
        }
    }

    private void Check()
    {
        string directory = System.IO.Path.GetDirectoryName(Path) ?? Path;
        if (!Directory.Exists(directory))
        {
            throw StoreErrors.MissingDirectory(Path);
        }

        if (IsOnNetwork(directory))
        {
            throw StoreErrors.NetworkDrive(Path);
        }
    }

    // DriveInfo refuses a UNC path of Windows, such as \\server\share, which names no drive. \\?\C:\ is a local path.
    private static bool IsOnNetwork(string directory) =>
        OperatingSystem.IsWindows() && directory.StartsWith(@"\\", StringComparison.Ordinal)
            ? directory.StartsWith(@"\\?\UNC\", StringComparison.OrdinalIgnoreCase) || directory[2] is not ('?' or '.')
            : new DriveInfo(directory).DriveType == DriveType.Network;

    private SqliteConnection Open(SqliteOpenMode mode) => Guard(() =>
    {
        var settings = new SqliteConnectionStringBuilder(_settings.ConnectionString) { Mode = mode };
        var connection = new SqliteConnection(settings.ConnectionString)
        {
            // SQLite itself waits for a lock, in finer steps than the client library.
            DefaultTimeout = 1,
        };
        try
        {
            connection.Open();
            Statement.Execute(connection, $"pragma busy_timeout = {BusyTimeoutMilliseconds}; pragma synchronous = {_options.Synchronous}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    });
}

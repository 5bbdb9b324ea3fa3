using Microsoft.Data.Sqlite;

namespace SseKit.Sqlite.Files;

/// <summary>Turns errors of SQLite into exceptions that name the file and the cause.</summary>
internal static class StoreErrors
{
    private const int Error = 1;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    public static IOException Of(SqliteException exception, string path) =>
        new($"{Describe(exception, path)} {exception.Message}", exception);

    public static IOException OtherContent(string path) => new(
        $"The file '{path}' is a database of something else; nothing was changed. Name another file for the SQLite event store, "
        + "or set SseSqliteEventStoreOptions.SharesDatabase to create its tables there.");

    public static IOException NewerVersion(string path, long version, long known) => new(
        $"The SQLite event store '{path}' has schema version {version}, but this package supports {known} at most. Update it.");

    public static IOException NetworkDrive(string path) => new(
        $"The SQLite event store '{path}' is on a network drive, where SQLite's write-ahead log does not work. Use a local disk.");

    public static IOException NoWriteAheadLog(string path, string? mode) => new(
        $"The SQLite event store '{path}' needs journal mode 'wal', but its file system allows only '{mode}'. Use a local disk.");

    public static IOException MissingDirectory(string path) => new DirectoryNotFoundException(
        $"The directory of the SQLite event store '{path}' does not exist. Create it before the app starts.");

    private static string Describe(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        Full => $"The disk of the SQLite event store '{path}' is full.",
        ReadOnly => $"The SQLite event store '{path}' is read-only.",
        Busy or Locked => $"The SQLite event store '{path}' is locked by another writer.",
        Corrupt => $"The SQLite event store '{path}' is damaged. Restore it from a backup, or delete it.",
        NotADatabase => $"The file '{path}' is not an SQLite database. Name another file for the event store; nothing was changed.",
        CannotOpen => $"The SQLite event store '{path}' cannot be opened. Check that its directory exists and is writable.",
        IoError => $"The disk of the SQLite event store '{path}' failed.",
        Error => $"The SQLite event store '{path}' refused a statement.",
        _ => $"The SQLite event store '{path}' failed.",
    };
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace SseKit.Sqlite.Files;

/// <summary>
/// Rows of processes that commit without flushing the disk. A row of an earlier boot of the machine shows that its last commits may be
/// lost. All topics then get another epoch, because sequences could otherwise name two events. (I5)
/// </summary>
internal static class UnflushedWriters
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";
    private const string NamespacePath = "/proc/self/ns/pid";

    // On a machine that does not name its boot, a row has the start of its process instead: another process may get the same number. A
    // process that ended without closing the file then counts as lost.
    private static readonly bool NamesBoot = File.Exists(BootIdPath);

    /// <summary>Looks for lost commits, and adds a row for this process.</summary>
    /// <param name="connection">A connection of its own.</param>
    /// <param name="id">Names this store among all, or null if it flushes each commit.</param>
    public static void Open(SqliteConnection connection, string? id)
    {
        if (id is null && Statement.Number(connection, "select count(*) from ssekit_unflushed") == 0)
        {
            return;
        }

        // This commit flushes all that killed processes have written.
        Statement.Execute(connection, "pragma synchronous = full; begin immediate");
        string boot = NamesBoot ? ThisBoot() : StartOf(Environment.ProcessId) ?? "";
        long[] ended = [.. Read(connection).Where(writer => !IsRunning(writer, boot)).Select(writer => writer.RowId)];
        if (Read(connection).Any(writer => IsLost(writer, boot)))
        {
            Statement.Execute(connection, "update ssekit_topics set epoch = lower(hex(randomblob(8)))");
            Statement.Execute(connection, "update ssekit_store set secret = randomblob(16), changes = changes + 1");
        }

        foreach (long rowId in ended)
        {
            using var delete = new Statement(connection, "delete from ssekit_unflushed where rowid = $1");
            delete.Execute(rowId);
        }

        if (id is not null)
        {
            using var insert = new Statement(connection, "insert into ssekit_unflushed (id, boot, process) values ($1, $2, $3)");
            insert.Execute(id, boot, (long)Environment.ProcessId);
        }

        Statement.Execute(connection, "commit");
    }

    /// <summary>Flushes all commits and removes the row of this process.</summary>
    public static void Close(SqliteConnection connection, string id)
    {
        Statement.Execute(connection, "pragma synchronous = full");
        using var delete = new Statement(connection, "delete from ssekit_unflushed where id = $1");
        delete.Execute(id);
    }

    private static List<Writer> Read(SqliteConnection connection)
    {
        var writers = new List<Writer>();
        using var select = new Statement(connection, "select rowid, boot, process from ssekit_unflushed");
        using SqliteDataReader rows = select.Query();
        while (rows.Read())
        {
            writers.Add(new Writer(rows.GetInt64(0), rows.GetString(1), rows.GetInt32(2)));
        }

        return writers;
    }

    // The boot, and after it the namespace in which the number of a process has a meaning: containers have their own.
    private static string ThisBoot() => $"{File.ReadAllText(BootIdPath).Trim()} {new FileInfo(NamespacePath).LinkTarget}";

    private static bool IsLost(Writer writer, string boot) => NamesBoot ? !IsSameBoot(writer, boot) : !IsRunning(writer, boot);

    // A process of another container on the same boot may be running. Its row stays until it closes the file, or until the next boot.
    private static bool IsRunning(Writer writer, string boot) => NamesBoot
        ? IsSameBoot(writer, boot) && (writer.Boot != boot || Exists(writer.Process))
        : StartOf(writer.Process) == writer.Boot;

    private static bool IsSameBoot(Writer writer, string boot) => writer.Boot.Split(' ')[0] == boot.Split(' ')[0];

    private static bool Exists(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // Null if there is no such process, or if this one may not examine it.
    private static string? StartOf(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private readonly record struct Writer(long RowId, string Boot, int Process);
}

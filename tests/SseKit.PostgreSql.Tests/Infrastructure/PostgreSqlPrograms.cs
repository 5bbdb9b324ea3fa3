namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// Where the programs of PostgreSQL are: in the folder that the variable SSEKIT_POSTGRESQL_BIN names, which runs the tests against another version; else on the PATH, or where Debian keeps
/// them, the newest version first.
/// </summary>
internal static class PostgreSqlPrograms
{
    private const string FolderVariable = "SSEKIT_POSTGRESQL_BIN";
    private const string DebianFolder = "/usr/lib/postgresql";

    /// <summary>Why tests that need a server do not run; null where they do.</summary>
    public static string? ReasonToSkip { get; } =
        Environment.GetEnvironmentVariable("SSEKIT_REQUIRE_TOOLS") == "1" || Find() is not null ? null : "PostgreSQL (initdb, postgres) is not installed.";

    public static string PathOf(string program) => Path.Combine(
        Find() ?? throw new InvalidOperationException(
            $"PostgreSQL (initdb, postgres) is neither in the folder that {FolderVariable} names, nor on the PATH, nor in {DebianFolder}."),
        program);

    private static string? Find()
    {
        // Who names a folder means that version: no other one stands in for it.
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
        {
            return HoldsPrograms(named) ? named : null;
        }

        string[] debian = Directory.Exists(DebianFolder)
            ? [.. Directory.GetDirectories(DebianFolder).OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out int version) ? version : 0)]
            : [];
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return path.Concat(debian.Select(folder => Path.Combine(folder, "bin")))
            .FirstOrDefault(HoldsPrograms);
    }

    private static bool HoldsPrograms(string folder) => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));
}

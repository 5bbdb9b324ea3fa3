namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// Finds the programs of PostgreSQL: in the folder that the variable SSEKIT_POSTGRESQL_BIN names, which selects another version; otherwise
/// on the PATH, or in Debian's folder, the newest version first.
/// </summary>
internal static class PostgreSqlPrograms
{
    private const string FolderVariable = "SSEKIT_POSTGRESQL_BIN";
    private const string DebianFolder = "/usr/lib/postgresql";

    /// <summary>The reason why tests that need a server are skipped; null if they run.</summary>
    public static string? ReasonToSkip { get; } =
        Environment.GetEnvironmentVariable("SSEKIT_REQUIRE_TOOLS") == "1" || Find() is not null
            ? null
            : "PostgreSQL (initdb, postgres) is not installed.";

    public static string PathOf(string program) => Path.Combine(
        Find() ?? throw new InvalidOperationException(
            $"PostgreSQL (initdb, postgres) is neither in the folder that {FolderVariable} names, nor on the PATH, nor in {DebianFolder}."),
        program);

    private static string? Find()
    {
        // If the variable names a folder, no other version is used instead.
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
        {
            return HoldsPrograms(named) ? named : null;
        }

        string[] debian = Directory.Exists(DebianFolder)
            ? [.. Directory.GetDirectories(DebianFolder).OrderByDescending(VersionOf)]
            : [];
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return path.Concat(debian.Select(folder => Path.Combine(folder, "bin")))
            .FirstOrDefault(HoldsPrograms);
    }

    private static int VersionOf(string folder) => int.TryParse(Path.GetFileName(folder), out int version) ? version : 0;

    private static bool HoldsPrograms(string folder) =>
        File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));
}

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// Programs that some tests run against and that not every machine has. Without its program a test is skipped, with a reason; if the
/// variable SSEKIT_REQUIRE_TOOLS is 1, as in CI, it runs and fails instead.
/// </summary>
public static class InstalledProgram
{
    private static readonly bool AllRequired = Environment.GetEnvironmentVariable("SSEKIT_REQUIRE_TOOLS") == "1";

    // Debian installs servers in folders outside the PATH of a normal user.
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/local/sbin", "/usr/sbin"];

    /// <summary>The reason why a test that needs this program is skipped; null if it runs.</summary>
    public static string? ReasonToSkip(string program) =>
        AllRequired || Find(program) is not null ? null : $"{program} is not installed.";

    public static string PathOf(string program) =>
        Find(program) ?? throw new InvalidOperationException($"{program} is not installed, neither on the PATH nor in sbin.");

    /// <summary>Its path; null if it is not installed.</summary>
    public static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

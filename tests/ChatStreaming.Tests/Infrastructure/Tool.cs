namespace ChatStreaming.Tests.Infrastructure;

/// <summary>
/// A program that some tests need and not every machine has. Without it they are skipped with a reason; with the environment variable
/// SSEKIT_REQUIRE_TOOLS=1 they fail.
/// </summary>
internal sealed class Tool(string what, string[] folders, params string[] names)
{
    // Playwright installs its own Node in the output folder of the tests.
    public static readonly Tool Node = new("Node.js 20 or newer", PlaywrightFolders(), "node");
    public static readonly Tool Chromium = new("Chromium", [], "chromium", "chromium-browser", "google-chrome");

    private static readonly bool Required = Environment.GetEnvironmentVariable("SSEKIT_REQUIRE_TOOLS") == "1";

    private readonly string? _path = names.Select(name => Find(name, folders)).FirstOrDefault(static path => path is not null);

    /// <summary>The reason why tests that need it are skipped; null if they run.</summary>
    public string? SkipReason => _path is null && !Required ? $"{what} is not on the PATH." : null;

    public string Path =>
        _path ?? throw new InvalidOperationException($"{what} is not on the PATH, but SSEKIT_REQUIRE_TOOLS=1 requires it.");

    private static string? Find(string name, string[] folders) =>
        folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator))
            .Select(folder => System.IO.Path.Combine(folder, OperatingSystem.IsWindows() ? $"{name}.exe" : name))
            .FirstOrDefault(File.Exists);

    private static string[] PlaywrightFolders()
    {
        string node = System.IO.Path.Combine(AppContext.BaseDirectory, ".playwright", "node");
        return Directory.Exists(node) ? Directory.GetDirectories(node) : [];
    }
}

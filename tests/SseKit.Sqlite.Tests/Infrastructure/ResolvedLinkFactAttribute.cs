namespace SseKit.Sqlite.Tests.Infrastructure;

/// <summary>A test that needs an SQLite that resolves symbolic links. On Windows it does not, and two names of a file have two logs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResolvedLinkFactAttribute : FactAttribute
{
    public ResolvedLinkFactAttribute() => Skip = OperatingSystem.IsWindows() ? "SQLite does not resolve links on Windows." : null;
}

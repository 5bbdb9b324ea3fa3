using SseKit.PostgreSql.Tests.Infrastructure;

namespace Recipes.Tests.Infrastructure;

/// <summary>Databases on the server of the tests, one for each test. They end with it.</summary>
internal static class PostgreSqlDatabase
{
    private static int _count;

    public static string? ReasonToSkip => PostgreSqlPrograms.ReasonToSkip;

    /// <summary>Creates a database.</summary>
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateAsync()
    {
        PostgreSqlServer server = await PostgreSqlServer.SharedAsync();
        string name = $"recipes_{Interlocked.Increment(ref _count)}";
        await server.ExecuteAsync($"create database {name}");
        return server.ConnectionString.Replace("Database=postgres", $"Database={name}", StringComparison.Ordinal);
    }
}

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>Names of schemas, one for each test.</summary>
internal static class TestSchema
{
    private static int _count;

    public static string Next() => $"Test \"{Interlocked.Increment(ref _count)}\"";
}

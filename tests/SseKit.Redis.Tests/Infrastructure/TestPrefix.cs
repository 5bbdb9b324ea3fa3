namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>Prefixes of keys, one for each test.</summary>
internal static class TestPrefix
{
    private static int _count;

    public static string Next() => $"test-{Interlocked.Increment(ref _count)}:";
}

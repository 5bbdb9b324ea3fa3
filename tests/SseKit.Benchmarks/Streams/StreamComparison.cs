namespace SseKit.Benchmarks.Streams;

/// <summary>Two endpoints whose rounds are compared, and the target of the throughput ratio.</summary>
internal sealed record StreamComparison(string Group, StreamVariant One, StreamVariant Other, string Target)
{
    public StreamVariant[] Both => [One, Other];
}

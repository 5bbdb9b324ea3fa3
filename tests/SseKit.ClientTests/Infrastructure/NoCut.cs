namespace SseKit.ClientTests.Infrastructure;

/// <summary>A connection that does not break.</summary>
internal sealed class NoCut : ICut
{
    public static readonly NoCut Instance = new();

    public int? Find(ReadOnlySpan<byte> received) => null;
}

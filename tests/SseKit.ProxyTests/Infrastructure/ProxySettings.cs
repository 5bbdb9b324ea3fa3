namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A proxy's settings. By default it only forwards requests.</summary>
public sealed record ProxySettings
{
    /// <summary>Compress event streams for clients that accept it.</summary>
    public bool Compress { get; init; }

    /// <summary>Cache responses (nginx only).</summary>
    public bool Cache { get; init; }

    /// <summary>The idle timeout of the proxy, in seconds.</summary>
    public int? IdleTimeout { get; init; }
}

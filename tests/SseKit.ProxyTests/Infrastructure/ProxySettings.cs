namespace SseKit.ProxyTests.Infrastructure;

/// <summary>What a test wants of a proxy beside passing requests on, which is all that it does by default.</summary>
public sealed record ProxySettings
{
    /// <summary>Compress event streams for clients that accept it.</summary>
    public bool Compress { get; init; }

    /// <summary>Keep responses and serve them again (nginx only).</summary>
    public bool Cache { get; init; }

    /// <summary>The silence after which the proxy gives a stream up, in seconds.</summary>
    public int? IdleTimeout { get; init; }
}

using SseKit.Connections;

namespace SseKit.Http;

/// <summary>A request that has a stream, or may turn out to have one.</summary>
internal interface ISseStreamSource
{
    /// <summary>Null as long as the response is not known to be a stream.</summary>
    SseConnection? Connection { get; }

    /// <summary>What goes on with the stream when the handler is through; null where nothing does.</summary>
    SseFollower? Follower { get; }

    /// <summary>Sends what was written and never flushed, as the server does at the end of every response.</summary>
    Task FlushRestAsync();

    /// <summary>Gives the request back what stood in its place.</summary>
    void Uninstall();
}

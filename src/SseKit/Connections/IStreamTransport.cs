using System.IO.Pipelines;

namespace SseKit.Connections;

/// <summary>What a connection needs of the response it runs on.</summary>
internal interface IStreamTransport
{
    /// <summary>The route's pattern, for metrics. Null where there is none.</summary>
    string? Route { get; }

    /// <summary>
    /// Whether the client is expected to come back by itself, as an EventSource does. To such a client a clean end says "again";
    /// to every other client it says "finished".
    /// </summary>
    bool ClientReconnects { get; }

    /// <summary>
    /// Whether there is no client at the other end: a handler that runs on its own, for a topic. It is not counted, hears no heartbeats, and does not end with the
    /// connections of a stopping host.
    /// </summary>
    bool IsDetached { get; }

    /// <summary>Whether the headers are out, so that the answer can no longer be another.</summary>
    bool HasStarted { get; }

    /// <summary>Sends the headers. Null where the request wants nothing more, as HEAD does.</summary>
    ValueTask<PipeWriter?> StartAsync();

    /// <summary>Tells the client to come back after <paramref name="retry"/>, in the form that it understands.</summary>
    ValueTask RefuseAsync(TimeSpan retry);

    /// <summary>Tells a client that came back that nothing will come any more, in place of a stream.</summary>
    void AnswerComplete();

    /// <summary>Breaks the connection, so that what was sent does not look complete.</summary>
    void Abort();
}

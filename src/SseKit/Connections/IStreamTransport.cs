using System.IO.Pipelines;

namespace SseKit.Connections;

/// <summary>The response of a connection.</summary>
internal interface IStreamTransport
{
    /// <summary>The route's pattern, for metrics; null if there is none.</summary>
    string? Route { get; }

    /// <summary>After which ends the client reconnects by itself.</summary>
    Reconnecting Reconnecting { get; }

    /// <summary>
    /// Whether the stream continues for a time when the host stops, because its client cannot ask for the rest: any but a GET stream.
    /// </summary>
    bool Drains { get; }

    /// <summary>
    /// Whether the response is that of a run, which has no client and writes to a topic. It is not counted, gets no heartbeats, and does
    /// not end with the connections of a stopping host.
    /// </summary>
    bool IsDetached { get; }

    /// <summary>The client, as the request shows it. Read once, when the stream opens. Calls code of the app.</summary>
    ClientInfo Client { get; }

    /// <summary>The topics that the stream follows. Read at any time by other threads.</summary>
    IReadOnlyList<string> Topics { get; }

    /// <summary>
    /// The time at which the client's sign-in ends; null if the stream does not depend on it. Read once, when the response has started.
    /// </summary>
    DateTimeOffset? SignInExpiry { get; }

    /// <summary>Whether the headers were sent, so that the response cannot change any more.</summary>
    bool HasStarted { get; }

    /// <summary>Sends the headers. Returns null if the request needs nothing else, as HEAD.</summary>
    ValueTask<PipeWriter?> StartAsync();

    /// <summary>Rejects the client, which may reconnect after <paramref name="retry"/>, in the form that it supports.</summary>
    ValueTask RefuseAsync(TimeSpan retry);

    /// <summary>Answers a client that reconnected to a complete topic, instead of a stream.</summary>
    void AnswerComplete();

    /// <summary>Aborts the connection, so that what was sent does not look complete.</summary>
    void Abort();
}

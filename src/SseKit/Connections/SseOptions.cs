using System.Net.ServerSentEvents;

namespace SseKit;

/// <summary>
/// How event streams behave. Set for the whole app by <c>AddSse</c> or the configuration section <c>SseKit</c>, and for single
/// endpoints by <c>WithSseOptions</c> and its kin. Checked when the app starts; every fault is reported at once.
/// </summary>
public sealed class SseOptions
{
    /// <summary>The longest silence on a connection before a heartbeat is written. Proxies and load balancers cut silent connections.</summary>
    /// <value>10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for none. The default is 15 seconds.</value>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>An event to write as heartbeat in place of the comment, for protocols that have one of their own, such as <c>ping</c>.</summary>
    /// <value>An event without an id. The default is null: a comment line, which every client ignores.</value>
    public SseItem<string>? HeartbeatEvent { get; set; }

    /// <summary>An event that says that a stream is complete, for protocols that want one, such as data <c>[DONE]</c>. A stream that is cut or fails does not get it.</summary>
    /// <value>An event without an id. The default is null: the end of the response says it.</value>
    public SseItem<string>? Terminator { get; set; }

    /// <summary>
    /// Makes the event that tells a client why its stream fails, for protocols that have one. It follows the events that the handler wrote before it threw. A
    /// failure before the first byte is answered as anywhere, by a status.
    /// </summary>
    /// <value>
    /// Called with what the handler threw; null from it writes nothing. What it returns is sent to the client, so keep what is not the client's business out of it. The default is null: no event.
    /// </value>
    public Func<Exception, SseItem<string>?>? FailureEvent { get; set; }

    /// <summary>Whether the response ends cleanly after a <see cref="FailureEvent"/>, for protocols whose every client takes it for the end.</summary>
    /// <value>The default is false: the connection is broken off all the same, because clients that do not know the event take a clean end for a complete answer.</value>
    public bool FailureEventEndsStream { get; set; }

    /// <summary>
    /// How long clients wait before they reconnect, sent when a GET stream starts. Each client gets 50 to 150 percent of it, by chance,
    /// so that the clients of a server
    /// that has failed do not all return at once.
    /// </summary>
    /// <value>1 to 2147483647 whole milliseconds. The default is null: 3 seconds, as browsers wait by themselves.</value>
    public TimeSpan? Retry { get; set; }

    /// <summary>
    /// How long a client may read nothing, once the buffers on the way are full, before its connection is aborted. A client that reads slowly is not aborted,
    /// however long an event takes. Where the server gives its TCP socket, as Kestrel does, also how long a client may acknowledge nothing, at least 5 seconds.
    /// </summary>
    /// <value>10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for no deadline. The default is 30 seconds.</value>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection may live before it is ended and the client reconnects, so that load spreads over new servers and
    /// credentials are checked again. Each connection gets 90 to 100 percent of it, by chance, so that they do not all return at once.
    /// </summary>
    /// <value>10 milliseconds to 30 days. The default is <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</value>
    public TimeSpan MaxConnectionLifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The most streams that are open at once in this process. One more is told to come back later: an EventSource by a long
    /// <c>retry</c>, other clients by status 503. It counts for the whole app and is refused for single endpoints; use
    /// <c>WithSseConnectionLimit</c> there.
    /// </summary>
    /// <value>1 to 2147483647. The default is 100000, which stops a flood before memory ends.</value>
    public int MaxConnections { get; set; } = 100_000;

    /// <summary>When a client that met a limit shall come back. Each client gets 50 to 150 percent of it, by chance.</summary>
    /// <value>1 second to 1 day. The default is 30 seconds.</value>
    public TimeSpan OverloadRetry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>When the clients of a server that stops shall reconnect. Each client gets 50 to 150 percent of it, by chance.</summary>
    /// <value>10 milliseconds to 1 hour. The default is 2 seconds.</value>
    public TimeSpan ShutdownRetry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The most UTF-8 bytes of data in one event. A larger one is refused with an <see cref="ArgumentException"/>.</summary>
    /// <value>1024 to 1073741824. The default is 16777216 (16 MiB).</value>
    public int MaxEventSize { get; set; } = Writing.EventSize.Default;

    /// <summary>Where a client that has no last event id starts in the topics that it follows.</summary>
    /// <value>The default is <see cref="SseReplayStart.Latest"/>: only what comes from now on.</value>
    public SseReplayStart ReplayStart { get; set; } = SseReplayStart.Latest;

    /// <summary>Where a client goes on whose missed events have expired. The gap is reported to it either way.</summary>
    /// <value>The default is <see cref="SseGapPolicy.Earliest"/>.</value>
    public SseGapPolicy GapPolicy { get; set; }

    internal SseOptions Clone() => (SseOptions)MemberwiseClone();
}

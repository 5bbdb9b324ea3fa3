using System.Net.ServerSentEvents;
using System.Security.Claims;

namespace SseKit;

/// <summary>
/// Options of event streams. Set them for the whole app by <c>AddSse</c> or the configuration section <c>SseKit</c>, and for single
/// endpoints by <c>WithSseOptions</c> and the other conventions. They are validated at the start of the app; all faults are reported.
/// </summary>
public sealed class SseOptions
{
    /// <summary>The longest idle time of a connection before a heartbeat is written. Proxies close idle connections.</summary>
    /// <value>10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for none. The default is 15 seconds.</value>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>An event that is written as the heartbeat, for protocols that define one, such as <c>ping</c>.</summary>
    /// <value>An event without an id. The default is null: a comment line, which every client ignores.</value>
    public SseItem<string>? HeartbeatEvent { get; set; }

    /// <summary>
    /// The last event of a complete stream, for protocols that define one, such as data <c>[DONE]</c>. A stream that is cut or fails does
    /// not get it.
    /// </summary>
    /// <value>An event without an id. The default is null: the stream is complete with the end of the response.</value>
    public SseItem<string>? Terminator { get; set; }

    /// <summary>
    /// Creates the event that reports a failure to the client, for protocols that define one. It follows the events that the handler wrote
    /// before it threw. A failure before the first byte is answered by a status, as for any other endpoint.
    /// </summary>
    /// <value>
    /// A function of the exception that the handler threw; it returns null to write no event. The event is sent to the client, so it must
    /// not contain internal details. The default is null: no event.
    /// </value>
    public Func<Exception, SseItem<string>?>? FailureEvent { get; set; }

    /// <summary>
    /// Whether the response ends cleanly after a <see cref="FailureEvent"/>, for protocols in which that event ends the answer.
    /// </summary>
    /// <value>
    /// The default is false: the connection is aborted, because clients that ignore the event read a clean end as a complete answer.
    /// </value>
    public bool FailureEventEndsStream { get; set; }

    /// <summary>
    /// The time before clients reconnect, sent when a GET stream starts. Each client gets a random 50 to 150 percent of it, so that the
    /// clients of a failed server do not all reconnect at once.
    /// </summary>
    /// <value>1 to 2147483647 whole milliseconds. The default is null: 3 seconds, the default of Chromium.</value>
    public TimeSpan? Retry { get; set; }

    /// <summary>
    /// The time for which a client may read nothing while the buffers are full, before its connection is aborted. A client that reads
    /// slowly is not aborted. If the server exposes its TCP socket, as Kestrel does, this is also the time for which a client may
    /// acknowledge nothing, at least 5 seconds.
    /// </summary>
    /// <value>10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for no deadline. The default is 30 seconds.</value>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest life of a connection. The client then reconnects, so that load is spread over new servers and credentials are checked
    /// again. Each connection gets a random 90 to 100 percent of it, so that clients do not all reconnect at once.
    /// </summary>
    /// <value>10 milliseconds to 30 days. The default is <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</value>
    public TimeSpan MaxConnectionLifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Whether a stream ends when the sign-in of its client does: at <c>ExpiresUtc</c> of the authentication ticket, which the cookie
    /// handler sets, and the bearer handler by the token's <c>exp</c>. It applies to endpoints that require authorization. A GET stream
    /// ends as <see cref="ShutdownEnd"/> says, and its client is authenticated again when it reconnects. Other streams are broken off.
    /// </summary>
    /// <value>The default is true. If false, a stream may outlive the sign-in.</value>
    public bool CloseOnAuthenticationExpiration { get; set; } = true;

    /// <summary>
    /// The longest time after which the authorization of an open stream is evaluated again, if its endpoint requires authorization. A
    /// stream whose policy no longer succeeds ends as one whose sign-in has expired. Policies get the user of the request and a copy of its
    /// <c>HttpContext</c>, in a scope of their own; nothing is authenticated again. Each stream waits a random 50 to 100 percent of it, and
    /// at most 16 streams of a process are evaluated at once.
    /// </summary>
    /// <value>1 second to 1 day. The default is <see cref="Timeout.InfiniteTimeSpan"/>: never.</value>
    public TimeSpan RevalidateInterval { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The most streams that are open at once in this process. Further connections are rejected: an EventSource by a long <c>retry</c>,
    /// other clients by status 503. It applies to the whole app and is refused for single endpoints; use
    /// <c>WithSseConnectionLimit</c> there.
    /// </summary>
    /// <value>1 to 2147483647. The default is 100000, which bounds memory.</value>
    public int MaxConnections { get; set; } = 100_000;

    /// <summary>
    /// The most handlers of resumable endpoints (<c>WithSseReplay</c>) that run at once in this process. A request that would begin another
    /// run is rejected like a connection over <see cref="MaxConnections"/>; one that follows a run is not. It applies to the whole app and
    /// is refused for single endpoints; use <c>WithSseRunLimit</c> there.
    /// </summary>
    /// <value>
    /// 1 to 2147483647. The default is 10000: runs outlive their clients, so the limit of connections does not bound them, nor the memory
    /// and the calls of other services that they cost.
    /// </value>
    public int MaxRuns { get; set; } = 10_000;

    /// <summary>The time after which a rejected client may reconnect. Each client gets a random 50 to 150 percent of it.</summary>
    /// <value>1 second to 1 day. The default is 30 seconds.</value>
    public TimeSpan OverloadRetry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time after which the clients of a stopping server reconnect. Each client gets a random 50 to 150 percent of it.
    /// </summary>
    /// <value>10 milliseconds to 1 hour. The default is 2 seconds.</value>
    public TimeSpan ShutdownRetry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The time for which streams that are no GET streams may continue when the host stops, such as an answer of a model or a tool call of
    /// MCP. New ones are refused meanwhile. What is left at its end is broken off, because an incomplete answer must not look complete.
    /// GET streams end at once.
    /// </summary>
    /// <value>
    /// 0 to 1 hour. The default is null: <c>HostOptions.ShutdownTimeout</c> minus 3 seconds, but at least half of it. The host aborts
    /// requests after its own timeout, whatever this option says.
    /// </value>
    public TimeSpan? DrainTimeout { get; set; }

    /// <summary>
    /// How GET streams end that are not complete: when the host stops, when the app disconnects them, at the end of their lifetime or
    /// sign-in.
    /// </summary>
    /// <value>
    /// The default is <see cref="SseShutdownEnd.ByClient"/>: with a break for a client on <c>fetch</c>, and cleanly for an EventSource
    /// and any other.
    /// </value>
    public SseShutdownEnd ShutdownEnd { get; set; } = SseShutdownEnd.ByClient;

    /// <summary>The most UTF-8 bytes of data in one event. A larger one is refused with an <see cref="ArgumentException"/>.</summary>
    /// <value>1024 to 1073741824. The default is 16777216 (16 MiB).</value>
    public int MaxEventSize { get; set; } = Writing.EventSize.Default;

    /// <summary>
    /// Whether each event carries the trace context of its publish in the store, from which <see cref="SseFollowOptions.LinkTraces"/> and
    /// <see cref="SseFollowOptions.SendTraces"/> take it. It adds 57 bytes to an event. Events of runs have none. It applies to the
    /// whole app and is refused for single endpoints.
    /// </summary>
    /// <value>The default is false.</value>
    public bool StoreTraces { get; set; }

    /// <summary>Names the user of a request, by which <see cref="ISseConnections"/> lists and disconnects streams.</summary>
    /// <value>
    /// Called when a stream opens whose request has a user; null for none. If it throws, the request fails. The default is the claim
    /// <see cref="ClaimTypes.NameIdentifier"/>, or the name if there is no such claim.
    /// </value>
    public Func<ClaimsPrincipal, string?> UserId { get; set; } =
        static user => user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? user.Identity?.Name;

    /// <summary>Where a client without a last event id starts in the topics that it follows.</summary>
    /// <value>
    /// The default is <see cref="SseReplayStart.Latest"/>: only what comes from now on. <see cref="SseReplayStart.After"/> is refused,
    /// because an ordinal belongs to one topic.
    /// </value>
    public SseReplayStart ReplayStart { get; set; } = SseReplayStart.Latest;

    /// <summary>Where a client continues if its missed events have expired. The gap is reported in both cases.</summary>
    /// <value>The default is <see cref="SseGapPolicy.Earliest"/>.</value>
    public SseGapPolicy GapPolicy { get; set; }

    internal SseOptions Clone() => (SseOptions)MemberwiseClone();
}

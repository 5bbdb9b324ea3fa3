using Microsoft.AspNetCore.Http;

namespace SseKit;

/// <summary>Options of an endpoint that is resumable by <c>WithSseReplay</c>.</summary>
public sealed class SseReplayOptions
{
    /// <summary>
    /// How long a run continues without followers before it is stopped. Clients that reconnect within that time find it running. If servers
    /// share the store, the followers of all of them count. A run whose last follower was on another server may continue for up to one and
    /// a half <see cref="LeaseDuration"/> longer.
    /// </summary>
    /// <value>
    /// 0 to 30 days, or <see cref="Timeout.InfiniteTimeSpan"/>: a run continues to its end. The default is 5 minutes.
    /// </value>
    public TimeSpan StopWithoutFollowersAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The HTTP methods whose requests may begin a run. Requests of other methods only join one.</summary>
    /// <remarks>A request that may not begin a run and finds none gets the answer of <see cref="MissingRun"/>.</remarks>
    /// <value>The default is null: all methods of the endpoint. If empty, the endpoint only joins runs that another one begins.</value>
    /// <example>
    /// <code>
    /// app.MapSse("/runs/{id}", ["GET", "POST"], RunAsync).WithSseReplay(TopicOf, options => options.StartMethods = ["POST"]);
    /// </code>
    /// </example>
    public IReadOnlyCollection<string>? StartMethods { get; set; }

    /// <summary>
    /// The answer to a request that may not begin a run, if no run writes its topic and the store does not hold the topic.
    /// </summary>
    /// <value>The default is <see cref="SseMissingRun.NotFound"/>. An <c>EventSource</c> does not reconnect after either answer.</value>
    public SseMissingRun MissingRun { get; set; }

    /// <summary>When a request begins a run for a topic that had one already.</summary>
    /// <remarks>
    /// A client with a last event id follows the run of that id. If the store no longer holds that run, the client gets <c>ssekit.gap</c>
    /// and <c>ssekit.failed</c>, unless the policy is <see cref="SseRerunPolicy.AfterEnd"/>: the run has ended, and whether it has failed
    /// is unknown.
    /// </remarks>
    /// <value>The default is <see cref="SseRerunPolicy.Never"/>, for handlers that cost something or have effects.</value>
    public SseRerunPolicy RerunPolicy { get; set; }

    /// <summary>
    /// The time after the end of its server at which a run counts as interrupted, if several servers share the store. Its server renews the
    /// lease three times in that time. A server that cannot reach the store for so long stops its run.
    /// </summary>
    /// <value>1 second to 1 hour. The default is 15 seconds.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Where a client without a last event id starts in the topic.</summary>
    /// <value>
    /// The default is <see cref="SseReplayStart.Earliest"/>: everything that the run has written. Events that the store no longer holds are
    /// a gap, also if nothing is left of a finished run.
    /// </value>
    public SseReplayStart ReplayStart { get; set; } = SseReplayStart.Earliest;

    /// <summary>Reads from a request where its client starts, for clients that resume by ordinals and not by event ids.</summary>
    /// <remarks>
    /// A last event id takes precedence, unless the format is <see cref="SseFollowFormat.Plain"/>. A request that names a start only joins
    /// a run, whatever its method. A function that throws <see cref="BadHttpRequestException"/> refuses the request with its status and
    /// message.
    /// </remarks>
    /// <value>
    /// Called for each request; null for the start of <see cref="ReplayStart"/>. <see cref="SseStartParameter"/> creates such functions for
    /// known protocols. The default is null: no request names a start.
    /// </value>
    /// <example>
    /// <code>
    /// options.RequestedStart = SseStartParameter.After("starting_after");
    /// </code>
    /// </example>
    public Func<HttpContext, SseReplayStart?>? RequestedStart { get; set; }

    /// <summary>
    /// The name of a response header with the index of the run's last event when the stream opens, from 0; -1 if there is none.
    /// </summary>
    /// <remarks>It is missing if the store does not answer in time.</remarks>
    /// <value>A header name, such as <c>x-workflow-stream-tail-index</c>. The default is null: no such header.</value>
    public string? TailIndexHeader { get; set; }

    /// <summary>What SseKit adds to the run's events.</summary>
    /// <value>The default is <see cref="SseFollowFormat.Full"/>: each client can resume where it stopped.</value>
    public SseFollowFormat Format { get; set; }

    /// <summary>Called when a run starts, with the request that begins it and the copy of the request that the handler gets.</summary>
    /// <remarks>
    /// <para>
    /// The copy has the request's method, address, headers, body, form, route values, items, user, session, connection, trace identifier
    /// and the features of the app and its libraries. Its services are of a scope of the run, its culture and trace are those of the
    /// request.
    /// </para>
    /// <para>
    /// The copy does not have: state in scoped services, which this function can copy; <see cref="AsyncLocal{T}"/> values; changes of the
    /// session; trailers and HTTP/2 resets; upgrades, WebSockets and requests for a client certificate, which fail; features of the server
    /// and of the framework's middleware that are not named above.
    /// </para>
    /// </remarks>
    /// <value>It must not keep the first request. If it throws, the client gets the failure and no run starts. The default is null.</value>
    /// <example>
    /// <code>
    /// options.OnRunStarting = (original, run) =>
    ///     run.RequestServices.GetRequiredService&lt;Tenant>().Id = original.RequestServices.GetRequiredService&lt;Tenant>().Id;
    /// </code>
    /// </example>
    public Action<HttpContext, HttpContext>? OnRunStarting { get; set; }

    /// <summary>The most bytes of a request's body that are kept for its run. A request with more is refused with status 413.</summary>
    /// <value>0 to 2147483647. The default is 1048576 (1 MiB).</value>
    public int MaxRequestBodySize { get; set; } = 1024 * 1024;
}

using System.Buffers;
using Microsoft.AspNetCore.Http;
using SseKit;
using SseKit.Connections;
using SseKit.Endpoints.Mapping;
using SseKit.Replay;
using SseKit.Topics;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Makes existing endpoints resumable.</summary>
public static class SseReplayConventionBuilderExtensions
{
    // A token of RFC 9110, §5.6.2.
    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // A timer cannot wait for 50 days.
    private static readonly TimeSpan LongestWithoutFollowers = TimeSpan.FromDays(30);

    /// <summary>
    /// Runs the endpoint's handler once, for a topic: its events are stored, and every client follows the topic and resumes where it
    /// stopped.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Authentication, authorization, rate limits, CORS, binding and filters apply to each client. The handler decides once, for all of
    /// them. So the topic's name must contain everything that the answer depends on, the user first.
    /// </para>
    /// <para>
    /// It works on any endpoint of server-sent events: MapSse, <c>TypedResults.ServerSentEvents</c>, MVC, a request delegate. A client that
    /// disconnects does not stop the run. An answer that is no event stream reaches its client unchanged.
    /// </para>
    /// <para>
    /// A run opens a stream if its response starts with the content type <c>text/event-stream</c> and a status of success that has a body,
    /// and is not compressed. Each client gets that status and the headers that the handler set before its first event; cookies reach only
    /// the client that began the run. Headers that a client's own filters or middleware have set are kept. After the start of the topic's
    /// log has expired, clients get status 200 and no headers of the handler. Status and headers have at most 16 KiB. An EventSource
    /// accepts status 200 only, so another status is for fetch clients.
    /// </para>
    /// </remarks>
    /// <param name="builder">The endpoint. Add filters of a group before this call.</param>
    /// <param name="topic">The topic, 1 to 256 characters, the same for every request.</param>
    /// <param name="configure">Sets options.</param>
    public static TBuilder WithSseReplay<TBuilder>(this TBuilder builder, string topic, Action<SseReplayOptions>? configure = null)
        where TBuilder : IEndpointConventionBuilder
    {
        TopicName.Check(topic, nameof(topic));
        return builder.WithSseReplay(_ => ValueTask.FromResult<string?>(topic), configure);
    }

    /// <summary>
    /// Runs the endpoint's handler once for each topic, which is computed from the request: its events are stored, and every client follows
    /// the topic and resumes where it stopped.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Authentication, authorization, rate limits, CORS, binding and filters apply to each client. The handler decides once, for all
    /// clients of the topic. So the name must contain everything that the answer depends on, the user first.
    /// </para>
    /// <para>
    /// The function is called for each request, after authorization and filters. It may read the body and the form. A request without a
    /// topic, or with a name that is too long, is refused with status 400.
    /// </para>
    /// </remarks>
    /// <param name="builder">The endpoint. Add filters of a group before this call.</param>
    /// <param name="topic">Returns the topic of a request, 1 to 256 characters. Null or empty refuses the request.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// app.MapGet("/answers/{id}", (string id) => TypedResults.ServerSentEvents(Answer(id)))
    ///     .RequireAuthorization()
    ///     .WithSseReplay(context => context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } user
    ///         ? $"{user}:{context.Request.RouteValues["id"]}"
    ///         : null);
    /// </code>
    /// </example>
    public static TBuilder WithSseReplay<TBuilder>(
        this TBuilder builder, Func<HttpContext, string?> topic, Action<SseReplayOptions>? configure = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(topic);
        return builder.WithSseReplay(context => ValueTask.FromResult(topic(context)), configure);
    }

    /// <summary>
    /// Runs the endpoint's handler once for each topic, which is looked up for the request or read from its body: its events are stored,
    /// and every client follows the topic and resumes where it stopped.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Authentication, authorization, rate limits, CORS, binding and filters apply to each client. The handler decides once, for all
    /// clients of the topic. So the name must contain everything that the answer depends on, the user first.
    /// </para>
    /// <para>
    /// The function is called for each request, after authorization and filters. It may read the body and the form. A request without a
    /// topic, or with a name that is too long, is refused with status 400.
    /// </para>
    /// </remarks>
    /// <param name="builder">The endpoint. Add filters of a group before this call.</param>
    /// <param name="topic">Returns the topic of a request, 1 to 256 characters. Null or empty refuses the request.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// app.MapSse("/runs", ["POST"], AnswerAsync).RequireAuthorization().WithSseReplay(async context =>
    /// {
    ///     RunInput? input = await context.Request.ReadFromJsonAsync&lt;RunInput>();
    ///     return $"{context.User.FindFirstValue(ClaimTypes.NameIdentifier)}:{input?.RunId}";
    /// });
    /// </code>
    /// </example>
    public static TBuilder WithSseReplay<TBuilder>(
        this TBuilder builder, Func<HttpContext, ValueTask<string?>> topic, Action<SseReplayOptions>? configure = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(topic);
        var options = new SseReplayOptions();
        configure?.Invoke(options);
        if ((options.StopWithoutFollowersAfter < TimeSpan.Zero || options.StopWithoutFollowersAfter > LongestWithoutFollowers)
            && options.StopWithoutFollowersAfter != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(configure), options.StopWithoutFollowersAfter,
                $"StopWithoutFollowersAfter is 0 to {LongestWithoutFollowers.Days} days, or Timeout.InfiniteTimeSpan.");
        }

        if (options.TailIndexHeader is { } header && (header.Length == 0 || header.AsSpan().ContainsAnyExcept(HeaderNameCharacters)))
        {
            throw new ArgumentException($"TailIndexHeader is '{header}', which is no header name.", nameof(configure));
        }

        if (options.ReplayStart.MovesWithTopic && options.Format.HasIdsOnly())
        {
            throw new ArgumentException(
                $"With SseFollowFormat.{options.Format}, ReplayStart must not be '{options.ReplayStart}': a client has no id before its "
                + "first event, and would lose events if it reconnects. Use SseReplayStart.Earliest.",
                nameof(configure));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxRequestBodySize, nameof(configure));
        if (options.LeaseDuration < TimeSpan.FromSeconds(1) || options.LeaseDuration > TimeSpan.FromHours(1))
        {
            throw new ArgumentOutOfRangeException(nameof(configure), options.LeaseDuration, "LeaseDuration is 1 second to 1 hour.");
        }

        if (options.StartMethods?.Any(string.IsNullOrWhiteSpace) == true)
        {
            throw new ArgumentException("StartMethods contains an empty method. Name HTTP methods, such as POST.", nameof(configure));
        }

        if (!Enum.IsDefined(options.MissingRun))
        {
            throw new ArgumentOutOfRangeException(nameof(configure), options.MissingRun, "MissingRun is NotFound or NoContent.");
        }

        var metadata = new ReplayMetadata(topic, options);
        builder.Add(endpoint => ReplayEndpoint.Wrap(endpoint, metadata));
        CheckAtEnd(builder);

        // Filters that are added to the returned builder run for each client, too.
        IEndpointConventionBuilder observed = new EndpointConventions(builder, StreamEndpoint.KeepHandlerFilterLast);
        return typeof(TBuilder).IsAssignableFrom(typeof(RouteHandlerBuilder))
            ? (TBuilder)(object)new RouteHandlerBuilder([observed])
            : builder;
    }

    /// <summary>Limits the runs of a resumable endpoint, or of a whole group together, for each key, such as a user.</summary>
    /// <remarks>
    /// A request that would begin another run is rejected as described at <see cref="SseOptions.MaxRuns"/>. A request that follows a run is
    /// not. A run counts until its handler has returned, also if its client has left. Each process counts its own runs.
    /// </remarks>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="maxRuns">1 to 2147483647.</param>
    /// <param name="key">
    /// Returns the key for which the run counts that a request begins. It is called after authentication and filters. Null is not limited.
    /// The default counts all runs together.
    /// </param>
    public static TBuilder WithSseRunLimit<TBuilder>(this TBuilder builder, int maxRuns, Func<HttpContext, string?>? key = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRuns, 1);
        var metadata = new RunLimitMetadata(new KeyLimit(maxRuns), key ?? (static _ => string.Empty));
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }

    private static void CheckAtEnd(IEndpointConventionBuilder builder)
    {
        try
        {
            builder.Finally(endpoint => endpoint.Metadata.OfType<ReplayEndpoint>().FirstOrDefault()?.ThrowIfDisordered());
        }
        catch (NotImplementedException)
        {
            // The interface's own implementation, for builders from before .NET 7.
        }
    }
}

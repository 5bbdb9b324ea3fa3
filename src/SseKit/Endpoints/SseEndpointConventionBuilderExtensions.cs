using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;
using SseKit;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Sets options of endpoints and groups, which override those of the whole app.</summary>
/// <remarks>
/// The last value that is set applies. The methods work on endpoints of MapSse, on handlers that take an <see cref="SseEventWriter"/>, and
/// on any endpoint behind UseSse.
/// </remarks>
public static class SseEndpointConventionBuilderExtensions
{
    // What counts for the whole app, and the convention that counts for an endpoint.
    private static readonly AppLimit[] AppLimits =
    [
        new(nameof(SseOptions.MaxConnections), nameof(WithSseConnectionLimit), o => o.MaxConnections, (o, max) => o.MaxConnections = max),
        new(nameof(SseOptions.MaxRuns), "WithSseRunLimit", o => o.MaxRuns, (o, max) => o.MaxRuns = max),
    ];

    /// <summary>Sets the heartbeat of an endpoint's streams.</summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="interval">10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for no heartbeats.</param>
    /// <param name="heartbeat">An event to write instead of the comment. It has no id.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A value is out of its range.</exception>
    public static TBuilder WithSseHeartbeat<TBuilder>(this TBuilder builder, TimeSpan interval, SseItem<string>? heartbeat = null)
        where TBuilder : IEndpointConventionBuilder
    {
        return builder.WithSseOptions(options =>
        {
            options.HeartbeatInterval = interval;
            options.HeartbeatEvent = heartbeat;
        });
    }

    /// <summary>Ends an endpoint's complete streams with an event, as many protocols require.</summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="data">The event's data, such as <c>[DONE]</c>.</param>
    /// <param name="eventType">The event's type: one line without NUL; null for the default type.</param>
    public static TBuilder WithSseTerminator<TBuilder>(this TBuilder builder, string data, string? eventType = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(data);
        var terminator = new SseItem<string>(data, eventType);
        return builder.WithSseOptions(options => options.Terminator = terminator);
    }

    /// <summary>Reports the failure of a stream to its client by an event.</summary>
    /// <remarks>See <see cref="SseOptions.FailureEvent"/>.</remarks>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="failureEvent">
    /// Creates the event from the handler's exception, or returns null for none. The client receives it, so it must contain no secrets.
    /// </param>
    /// <param name="endsStream">
    /// Whether the response then ends cleanly. By default the connection is aborted, for clients that ignore the event.
    /// </param>
    public static TBuilder WithSseFailureEvent<TBuilder>(
        this TBuilder builder, Func<Exception, SseItem<string>?> failureEvent, bool endsStream = false)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(failureEvent);
        return builder.WithSseOptions(options =>
        {
            options.FailureEvent = failureEvent;
            options.FailureEventEndsStream = endsStream;
        });
    }

    /// <summary>Sets options for an endpoint's streams.</summary>
    /// <remarks>
    /// <see cref="SseOptions.MaxConnections"/> and <see cref="SseOptions.MaxRuns"/> apply to the whole app and are refused here: use
    /// <see cref="WithSseConnectionLimit"/> and <c>WithSseRunLimit</c>. <see cref="SseOptions.StoreTraces"/> is refused, too.
    /// </remarks>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="configure">Sets options. It is called several times and must set the same values each time.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// A value is out of its range; the message lists every fault.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <see cref="SseOptions.MaxConnections"/>, <see cref="SseOptions.MaxRuns"/> or <see cref="SseOptions.StoreTraces"/> is set.
    /// </exception>
    public static TBuilder WithSseOptions<TBuilder>(this TBuilder builder, Action<SseOptions> configure)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        // Checked now, with the defaults as a base, so that a fault stops the app at its start.
        var probe = new SseOptions();
        configure(probe);
        if (Array.Find(AppLimits, limit => limit.IsSetBy(configure)) is { } set)
        {
            throw new ArgumentException(
                $"SseOptions.{set.Option} is set to {set.Get(probe)} for an endpoint, but applies to the whole app. "
                + $"Limit an endpoint or a group with {set.Convention}.",
                nameof(configure));
        }

        if (probe.StoreTraces)
        {
            throw new ArgumentException(
                "SseOptions.StoreTraces is set for an endpoint, but applies to all publishes of the app. Set it in AddSse.",
                nameof(configure));
        }

        OptionsFaults.ThrowIfAny(probe);
        builder.Add(endpoint => endpoint.Metadata.Add(new OptionsMetadata(configure)));
        return builder;
    }

    /// <summary>Limits the open streams of an endpoint, or of a whole group together, for each key, such as a user.</summary>
    /// <remarks>
    /// A further connection waits up to 250 ms for a place, because the server detects some milliseconds later that a client has left. As
    /// many connections of a key wait as it has places. Others, and those that get no place, are rejected as described at
    /// <see cref="SseOptions.MaxConnections"/>.
    /// </remarks>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="maxConnections">1 to 2147483647.</param>
    /// <param name="key">
    /// Returns the key for which a request counts. It is called after authentication. Null is not limited. The default counts all requests
    /// together.
    /// </param>
    public static TBuilder WithSseConnectionLimit<TBuilder>(
        this TBuilder builder, int maxConnections, Func<HttpContext, string?>? key = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConnections, 1);
        var metadata = new ConnectionLimitMetadata(new KeyLimit(maxConnections), key ?? (static _ => string.Empty));
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }

    private sealed record AppLimit(string Option, string Convention, Func<SseOptions, int> Get, Action<SseOptions, int> Set)
    {
        // Two probes, because an assignment of the value that is already set is a fault as well.
        public bool IsSetBy(Action<SseOptions> configure) => Array.Exists([1, 2], value =>
        {
            var probe = new SseOptions();
            Set(probe, value);
            configure(probe);
            return Get(probe) != value;
        });
    }
}

using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;
using SseKit;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Options of single endpoints and groups, in place of those of the whole app. The last one that is set wins.</summary>
/// <remarks>
/// They work on endpoints of MapSse, on handlers that take an <see cref="SseEventWriter"/>, and on any endpoint behind UseSse.
/// </remarks>
public static class SseEndpointConventionBuilderExtensions
{
    /// <summary>Sets the heartbeat of an endpoint's streams.</summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="interval">10 milliseconds to 1 hour, or <see cref="Timeout.InfiniteTimeSpan"/> for no heartbeats.</param>
    /// <param name="heartbeat">An event to write in place of the comment. It has no id.</param>
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

    /// <summary>Ends an endpoint's complete streams with an event, as many protocols do.</summary>
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

    /// <summary>Tells the client by an event why its stream fails. See <see cref="SseOptions.FailureEvent"/>.</summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="failureEvent">
    /// Makes the event of what the handler threw, or returns null for none. The client reads it: no secrets.
    /// </param>
    /// <param name="endsStream">
    /// Whether the response then ends cleanly. By default the connection is broken off, for clients that do not know the event.
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

    /// <summary>
    /// Sets options for an endpoint's streams. <see cref="SseOptions.MaxConnections"/> counts for the whole app and is refused here: use
    /// <see cref="WithSseConnectionLimit"/>.
    /// </summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="configure">Sets options. It is called several times and must do the same each time.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// A value is out of its range; every fault is named.
    /// </exception>
    /// <exception cref="ArgumentException"><see cref="SseOptions.MaxConnections"/> is set.</exception>
    public static TBuilder WithSseOptions<TBuilder>(this TBuilder builder, Action<SseOptions> configure)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        // Checked here and now, on top of the defaults, so that a fault stops the app at its start.
        var probe = new SseOptions();
        configure(probe);
        if (SetsMaxConnections(configure))
        {
            throw new ArgumentException(
                $"SseOptions.{nameof(SseOptions.MaxConnections)} is set to {probe.MaxConnections} for an endpoint, but counts for the whole app. "
                + $"Limit the connections of an endpoint or a group by {nameof(WithSseConnectionLimit)}.",
                nameof(configure));
        }

        OptionsFaults.ThrowIfAny(probe);
        builder.Add(endpoint => endpoint.Metadata.Add(new OptionsMetadata(configure)));
        return builder;
    }

    /// <summary>
    /// Limits how many streams of an endpoint, or of a whole group together, are open at once for one key, such as a user. One more is
    /// told to come back later, as <see cref="SseOptions.MaxConnections"/> says.
    /// </summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="maxConnections">1 to 2147483647.</param>
    /// <param name="key">
    /// Names whom a request counts for, after authentication. Null is not limited. The default counts all requests together.
    /// </param>
    public static TBuilder WithSseConnectionLimit<TBuilder>(this TBuilder builder, int maxConnections, Func<HttpContext, string?>? key = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConnections, 1);
        var metadata = new ConnectionLimitMetadata(new ConnectionLimit(maxConnections), key ?? (static _ => string.Empty));
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }

    // Setting the value that is there already is as much a fault as any other.
    private static bool SetsMaxConnections(Action<SseOptions> configure) => Array.Exists([1, 2], value =>
    {
        var probe = new SseOptions { MaxConnections = value };
        configure(probe);
        return probe.MaxConnections != value;
    });
}

using SseKit;
using SseKit.Endpoints.Mapping;
using SseKit.Writing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Describes streams for OpenAPI documents.</summary>
public static class SseDescriptionConventionBuilderExtensions
{
    /// <summary>Describes events of an endpoint's stream for OpenAPI documents. It changes nothing in the stream.</summary>
    /// <remarks>
    /// Handlers that yield describe their items themselves. Call it for streams that follow topics and for handlers that write, once for
    /// each type of data. A document of .NET 10 contains the schema of the data if all events have the same; otherwise a transformer can
    /// read <see cref="SseEventMetadata"/>.
    /// </remarks>
    /// <typeparam name="TData">The type of the events' data.</typeparam>
    /// <param name="builder">The endpoint.</param>
    /// <param name="eventTypes">The event types, each one line without NUL. None stands for the default type, <c>message</c>.</param>
    /// <exception cref="ArgumentException">An event type is empty or contains CR, LF or NUL.</exception>
    /// <example>
    /// <code>
    /// app.MapSse("/orders", () => SseResults.Follow("orders")).ProducesSseEvents&lt;Order&gt;("created", "changed");
    /// </code>
    /// </example>
    public static RouteHandlerBuilder ProducesSseEvents<TData>(this RouteHandlerBuilder builder, params string[] eventTypes)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(eventTypes);
        foreach (string eventType in eventTypes)
        {
            ArgumentException.ThrowIfNullOrEmpty(eventType, nameof(eventTypes));
            FieldValidation.CheckEventType(eventType, nameof(eventTypes));
        }

        string[] types = eventTypes.Length == 0 ? ["message"] : [.. eventTypes];
        builder.Add(endpoint => StreamDescription.AddEvents<TData>(endpoint, types));
        return builder;
    }
}

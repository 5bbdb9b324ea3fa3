using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;

namespace SseKit;

/// <summary>
/// Short forms of <see cref="ISsePublisher.PublishAsync{T}(string, SseItem{T}, SsePublishOptions?, CancellationToken)"/>.
/// </summary>
public static class SsePublisherExtensions
{
    /// <summary>Publishes data as an event of the default type.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="publisher">The publisher.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event may still be published.</param>
    /// <returns>The event's id.</returns>
    /// <example><code>string id = await publisher.PublishAsync("orders", order, cancellationToken);</code></example>
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher, string topic, T data, CancellationToken cancellationToken = default) =>
        Of(publisher).PublishAsync(topic, new SseItem<T>(data), options: null, cancellationToken);

    /// <summary>Publishes data as an event of a type.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="publisher">The publisher.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event may still be published.</param>
    /// <returns>The event's id.</returns>
    /// <example><code>await publisher.PublishAsync("orders", order, eventType: "created", cancellationToken);</code></example>
    // If the literals null and default fit several overloads, they mean the default type or no token in each.
    [OverloadResolutionPriority(-1)]
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher, string topic, T data, string? eventType, CancellationToken cancellationToken = default) =>
        Of(publisher).PublishAsync(topic, new SseItem<T>(data, eventType), options: null, cancellationToken);

    /// <summary>Publishes data as JSON, with the metadata that Native AOT needs.</summary>
    /// <param name="publisher">The publisher.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data. A string, too, is written as JSON.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event may still be published.</param>
    /// <returns>The event's id.</returns>
    [OverloadResolutionPriority(-2)]
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher,
        string topic,
        T data,
        JsonTypeInfo<T> jsonTypeInfo,
        string? eventType = null,
        CancellationToken cancellationToken = default) =>
        PublishAsync(publisher, topic, new SseItem<T>(data, eventType), jsonTypeInfo, cancellationToken);

    /// <summary>Publishes an event.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="publisher">The publisher.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event may still be published.</param>
    /// <returns>The event's id.</returns>
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher, string topic, SseItem<T> item, CancellationToken cancellationToken) =>
        Of(publisher).PublishAsync(topic, item, options: null, cancellationToken);

    /// <summary>Publishes an event whose data is written as JSON, with the metadata that Native AOT needs.</summary>
    /// <param name="publisher">The publisher.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id. Data that is a string, too, is written as JSON.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event may still be published.</param>
    /// <returns>The event's id.</returns>
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher,
        string topic,
        SseItem<T> item,
        JsonTypeInfo<T> jsonTypeInfo,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return Of(publisher).PublishAsync(topic, item, new SsePublishOptions { JsonTypeInfo = jsonTypeInfo }, cancellationToken);
    }

    private static ISsePublisher Of(ISsePublisher publisher)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        return publisher;
    }
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;

namespace SseKit;

/// <summary>
/// Publishes events to topics, which any number of clients follow, completes topics and deletes them. Take it from the services.
/// Thread-safe. A publish is done when the
/// event is in the store; it never waits for clients.
/// </summary>
/// <remarks>
/// A topic's name is 1 to 256 characters of any kind. An event type is one line without NUL. Ids of topic events are the store's: an item with an id of its own is refused;
/// to publish something once only, use an idempotency key. Strings and UTF-8 bytes are written as they are, other values as JSON.
/// A cancellation token ends the caller's wait. If it fires while the store works, the store's work goes on, and followers get its result
/// as they always do.
/// </remarks>
public interface ISsePublisher
{
    /// <summary>Publishes an event.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event is published all the same.</param>
    /// <returns>The event's id, with which a client can resume after it.</returns>
    /// <exception cref="ArgumentException">A value breaks a rule; nothing was published.</exception>
    /// <exception cref="SseTopicCompletedException">The topic is completed.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask<string> PublishAsync<T>(string topic, SseItem<T> item, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event once: as long as the first one is held, a second publish with the same key returns its id and does nothing.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="idempotencyKey">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event is published all the same.</param>
    /// <returns>The event's id, with which a client can resume after it.</returns>
    ValueTask<string> PublishAsync<T>(string topic, SseItem<T> item, string idempotencyKey, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event is published all the same.</param>
    /// <returns>The event's id, with which a client can resume after it.</returns>
    ValueTask<string> PublishAsync<T>(string topic, T data, string? eventType = null, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event whose data is a value as JSON, with the metadata that Native AOT needs.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <param name="idempotencyKey">1 to 256 characters, or null for none.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the event is published all the same.</param>
    /// <returns>The event's id, with which a client can resume after it.</returns>
    ValueTask<string> PublishAsync<T>(
        string topic, SseItem<T> item, JsonTypeInfo<T> jsonTypeInfo, string? idempotencyKey = null, CancellationToken cancellationToken = default);

    /// <summary>Completes a topic: its followers end when they have read it, and clients that come back are told by status 204 to stay away.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the topic is completed all the same.</param>
    ValueTask CompleteAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a topic with its events. Followers stay connected and get <c>ssekit.gap</c>; what is published to the topic afterwards
    /// begins a new log, with other ids.
    /// Does nothing if the topic was never used.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the topic is deleted all the same.</param>
    ValueTask DeleteAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// The id that a page rendered now should follow from (<c>?lastEventId=</c>). Take it before the snapshot is read: what is published in between then comes twice at
    /// worst, never not at all.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<string?> GetLastEventIdAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Reads the events that a topic holds now, on the server.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="afterEventId">The id to go on from; null for the oldest event that is held.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The events up to now, each with its id. It does not wait for more.</returns>
    /// <exception cref="SseGapException">The events after the id are no longer held, or the id is none of the topic.</exception>
    IAsyncEnumerable<SseItem<string>> ReadAsync(string topic, string? afterEventId = null, CancellationToken cancellationToken = default);
}

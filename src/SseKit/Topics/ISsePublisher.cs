using System.Net.ServerSentEvents;

namespace SseKit;

/// <summary>
/// Publishes events to topics, which any number of clients follow, completes topics and deletes them. Resolve it from the services.
/// Thread-safe. A publish is done when the event is in the store; it never waits for clients.
/// </summary>
/// <remarks>
/// A topic's name is 1 to 256 characters of any kind. An event type is one line without NUL. The store gives topic events their ids, so an
/// item with an id of its own is refused; to publish an event once only, use <see cref="SsePublishOptions.IdempotencyKey"/>. Strings and
/// UTF-8 bytes are written as they are. Other values are written as JSON with the options of <c>ConfigureHttpJsonOptions</c>; MVC's
/// <c>AddJsonOptions</c> has no effect on them. A cancellation token ends the caller's wait. If it fires while the store
/// works, the store's work goes on, and followers get its result.
/// </remarks>
/// <example>
/// <code>
/// app.MapPost("/orders", async (Order order, ISsePublisher publisher, CancellationToken ct) =>
///     await publisher.PublishAsync("orders", order, eventType: "created", ct));
/// </code>
/// </example>
public interface ISsePublisher
{
    /// <summary>Publishes an event.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="options">Options of this publish, or null for none.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. If the store has begun, the event may still be published. Within a transaction it ends the statement; the transaction
    /// can only be rolled back then.
    /// </param>
    /// <returns>The event's id, with which a client can resume after it.</returns>
    /// <exception cref="ArgumentException">A value breaks a rule; nothing was published.</exception>
    /// <exception cref="InvalidOperationException">The store cannot use the transaction, or the transaction has ended.</exception>
    /// <exception cref="SseTopicCompletedException">The topic is completed.</exception>
    ValueTask<string> PublishAsync<T>(
        string topic, SseItem<T> item, SsePublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Publishes many events in pages. The store appends a page in one step.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="topic">The topic.</param>
    /// <param name="items">The events, without ids.</param>
    /// <param name="cancellationToken">Ends the wait. A page that the store has begun may still be published.</param>
    /// <returns>The last event's id; null if there was no event.</returns>
    /// <remarks>
    /// A page has at most 256 events and ends with the event that brings it to 1 MiB. The events of a page follow each other in the topic;
    /// events of other publishers may come between two pages. If enumerating or encoding fails, the events before the failure are
    /// published, unless the token has fired. If an append fails, its page and the events after it are not.
    /// </remarks>
    ValueTask<string?> PublishAsync<T>(string topic, IEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default);

    /// <summary>Publishes events as they come. Those that the source has ready together are appended in one step.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="topic">The topic.</param>
    /// <param name="items">The source of the events. It gets a token that stops it, and is disposed in any case.</param>
    /// <param name="cancellationToken">
    /// Stops the source and ends the wait. A page that the store has begun may still be published.
    /// </param>
    /// <returns>The last event's id; null if there was no event.</returns>
    /// <remarks>
    /// An event is never held back for the next one. Pages and failures are as for
    /// <see cref="PublishAsync{T}(string, IEnumerable{SseItem{T}}, CancellationToken)"/>. If an append fails, the source is stopped.
    /// </remarks>
    ValueTask<string?> PublishAsync<T>(string topic, IAsyncEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes a topic: its followers end when they have read it, and clients that reconnect with nothing left to read get status 204.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the topic may still be completed.</param>
    ValueTask CompleteAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a topic with its events. Followers stay connected and get <c>ssekit.gap</c>; what is published to the topic afterwards
    /// begins a new log, with other ids.
    /// Does nothing if the topic was never used.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the topic may still be deleted.</param>
    ValueTask DeleteAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets the id that a page rendered now should follow from (<c>?lastEventId=</c>). Take it before the snapshot is read: what is
    /// published in between may then be delivered twice, but is never lost.
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

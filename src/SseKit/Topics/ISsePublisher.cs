using System.Net.ServerSentEvents;

namespace SseKit;

/// <summary>
/// Publishes events to topics, which any number of clients follow, completes topics and deletes them. Resolve it from the services.
/// Thread-safe. A publish completes when the event is in the store; it never waits for clients.
/// </summary>
/// <remarks>
/// A topic's name is 1 to 256 characters of any kind. An event type is one line without NUL. The store assigns the ids of topic events, so
/// an item with an id is refused; to publish an event once, use <see cref="SsePublishOptions.IdempotencyKey"/>. Strings and UTF-8 bytes are
/// written as they are. Other values are written as JSON with the options of <c>ConfigureHttpJsonOptions</c>; MVC's <c>AddJsonOptions</c>
/// has no effect on them. A cancellation token ends the caller's wait. If it fires during the store's work, that work continues, and
/// followers get its result.
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
    /// Ends the wait. If the store has begun, the event may still be published. Within a transaction it cancels the statement; the
    /// transaction can then only be rolled back.
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

    /// <summary>Publishes events as the source provides them. Events that are ready together are appended in one step.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, other values as JSON.</typeparam>
    /// <param name="topic">The topic.</param>
    /// <param name="items">The source of the events. It gets a token that stops it, and is always disposed.</param>
    /// <param name="cancellationToken">
    /// Stops the source and ends the wait. A page that the store has begun may still be published.
    /// </param>
    /// <returns>The last event's id; null if there was no event.</returns>
    /// <remarks>
    /// An event never waits for the next one. Pages and failures are as for
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
    /// Deletes a topic with its events. Followers stay connected and get <c>ssekit.gap</c>; later events of the topic are in a new log,
    /// with other ids. Does nothing if the topic was never used.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait. If the store has begun, the topic may still be deleted.</param>
    ValueTask DeleteAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets the id from which a page rendered now should follow (<c>?lastEventId=</c>). Get it before the snapshot is read: events that are
    /// published in between may then be delivered twice, but are never lost.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The id, also of an unused, a completed or a deleted topic.</returns>
    ValueTask<string> GetLastEventIdAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Reads the events that a topic holds now, on the server.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="afterEventId">The id to continue from; null for the oldest event that is held.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The events up to now, each with its id. The call does not wait for more.</returns>
    /// <exception cref="SseGapException">The events after the id are no longer held, or the id is not of the topic.</exception>
    IAsyncEnumerable<SseItem<string>> ReadAsync(string topic, string? afterEventId = null, CancellationToken cancellationToken = default);
}

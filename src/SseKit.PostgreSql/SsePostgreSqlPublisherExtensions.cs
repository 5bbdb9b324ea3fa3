using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using SseKit.PostgreSql;

namespace SseKit;

/// <summary>
/// Publishes within a transaction of the app's own, in the database that the PostgreSQL store uses: the event is published if and only if the transaction commits, for the followers on every
/// server, in the order of commits.
/// </summary>
/// <remarks>
/// The first publish locks the topic's row until the transaction ends. Others who publish to the topic wait for it, so publish late and commit soon; transactions that publish to several
/// topics do so in one order, or PostgreSQL may end one of them as a deadlock. Where the transaction is of isolation level repeatable read or serializable, PostgreSQL may refuse the publish as it refuses any concurrent
/// update. The transaction's connection is used as it is: one call at a time.
/// </remarks>
public static class SsePostgreSqlPublisherExtensions
{
    /// <summary>Publishes an event when the transaction commits.</summary>
    /// <param name="publisher">The publisher of the app's services.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="transaction">The transaction, which is neither committed nor rolled back yet.</param>
    /// <param name="cancellationToken">Ends the statement; the transaction can only be rolled back then.</param>
    /// <returns>The event's id, which is good when the transaction has committed.</returns>
    /// <exception cref="ArgumentException">A value breaks a rule; nothing was published.</exception>
    /// <exception cref="SseTopicCompletedException">The topic is completed. The transaction can go on.</exception>
    /// <exception cref="InvalidOperationException">The publisher's store is not the PostgreSQL store, or the transaction is over.</exception>
    [OverloadResolutionPriority(1)]
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher, string topic, SseItem<T> item, NpgsqlTransaction transaction, CancellationToken cancellationToken = default) =>
        AppendAsync(publisher, topic, encoder => encoder.Encode(item), transaction, idempotencyKey: null, cancellationToken);

    /// <summary>Publishes an event when the transaction commits, once: as long as the first one is held, a second publish with the same key returns its id and does nothing.</summary>
    /// <param name="publisher">The publisher of the app's services.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="transaction">The transaction, which is neither committed nor rolled back yet.</param>
    /// <param name="idempotencyKey">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the statement; the transaction can only be rolled back then.</param>
    /// <returns>The event's id, which is good when the transaction has committed.</returns>
    [OverloadResolutionPriority(1)]
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher,
        string topic,
        SseItem<T> item,
        NpgsqlTransaction transaction,
        string idempotencyKey,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(idempotencyKey);
        return AppendAsync(publisher, topic, encoder => encoder.Encode(item), transaction, idempotencyKey, cancellationToken);
    }

    /// <summary>Publishes an event when the transaction commits.</summary>
    /// <param name="publisher">The publisher of the app's services.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="transaction">The transaction, which is neither committed nor rolled back yet.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the statement; the transaction can only be rolled back then.</param>
    /// <returns>The event's id, which is good when the transaction has committed.</returns>
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher,
        string topic,
        T data,
        NpgsqlTransaction transaction,
        string? eventType = null,
        CancellationToken cancellationToken = default) =>
        publisher.PublishAsync(topic, new SseItem<T>(data, eventType), transaction, cancellationToken);

    /// <summary>Publishes an event whose data is a value as JSON, with the metadata that Native AOT needs, when the transaction commits.</summary>
    /// <param name="publisher">The publisher of the app's services.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="item">The event, without an id.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <param name="transaction">The transaction, which is neither committed nor rolled back yet.</param>
    /// <param name="idempotencyKey">1 to 256 characters, or null for none.</param>
    /// <param name="cancellationToken">Ends the statement; the transaction can only be rolled back then.</param>
    /// <returns>The event's id, which is good when the transaction has committed.</returns>
    public static ValueTask<string> PublishAsync<T>(
        this ISsePublisher publisher,
        string topic,
        SseItem<T> item,
        JsonTypeInfo<T> jsonTypeInfo,
        NpgsqlTransaction transaction,
        string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        AppendAsync(publisher, topic, encoder => encoder.Encode(item, jsonTypeInfo), transaction, idempotencyKey, cancellationToken);

    private static async ValueTask<string> AppendAsync(
        ISsePublisher publisher,
        string topic,
        Func<ISseEventEncoder, ReadOnlyMemory<byte>> encode,
        NpgsqlTransaction transaction,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        ArgumentNullException.ThrowIfNull(transaction);
        if (publisher is not ISseEventEncoder { Store: SsePostgreSqlEventStore store } encoder)
        {
            throw new InvalidOperationException(
                "Publishing within an NpgsqlTransaction needs SseKit's own publisher and the PostgreSQL store. Call AddPostgreSqlEventStore.");
        }

        encoder.Check(topic, idempotencyKey);
        return (await store.AppendAsync(transaction, topic, encode(encoder), idempotencyKey, cancellationToken)).ToString();
    }
}

using System.Data.Common;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>
/// Publishes: 1. check the values (I6); 2. encode the frame once; 3. append it to the store; 4. announce it to the topic's followers.
/// Steps 3 and 4 are one task, which callers do not cancel (I2).
/// </summary>
internal sealed partial class Publisher(ISseEventStore store, TopicRegistry topics, JsonSerializerOptions jsonOptions, int maxEventSize)
    : ISsePublisher
{
    private const int MaxKeyLength = 256;

    private readonly StoreWork _work = new();

    public ISseEventStore Store => store;

    public ValueTask<string> PublishAsync<T>(
        string topic, SseItem<T> item, SsePublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(topic, options?.IdempotencyKey);
        ReadOnlyMemory<byte> payload = Encode(item, options?.JsonTypeInfo);
        return PublishAsync(topic, payload, options, cancellationToken);
    }

    public async ValueTask<string?> PublishAsync<T>(
        string topic, IEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        string? last = null;
        foreach (SseItem<T> item in items)
        {
            last = await PublishAsync(topic, item, options: null, cancellationToken);
        }

        return last;
    }

    public async ValueTask<string?> PublishAsync<T>(
        string topic, IAsyncEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        string? last = null;
        await foreach (SseItem<T> item in items.WithCancellation(cancellationToken))
        {
            last = await PublishAsync(topic, item, options: null, cancellationToken);
        }

        return last;
    }

    public ValueTask CompleteAsync(string topic, CancellationToken cancellationToken = default) =>
        CompleteAsync(topic, SseTopicStatus.Completed, expectedEpoch: null, cancellationToken);

    public ValueTask DeleteAsync(string topic, CancellationToken cancellationToken = default) =>
        DeleteAsync(topic, expectedEpoch: null, cancellationToken);

    /// <summary>
    /// Appends an event that is encoded already, and announces it. Both are done even if the token fires meanwhile.
    /// </summary>
    public ValueTask<SsePosition> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken)
    {
        // A store that completes at once, as the one in memory does, pays for no task.
        return _work.HasRoom && !cancellationToken.IsCancellationRequested
            ? _work.WaitAsync(AppendAndAnnounceAsync(topic, payload, idempotencyKey, expectedEpoch), cancellationToken)
            : _work.RunAsync(
                (Publisher: this, topic, payload, idempotencyKey, expectedEpoch),
                static append => append.Publisher.AppendAndAnnounceAsync(
                    append.topic, append.payload, append.idempotencyKey, append.expectedEpoch),
                cancellationToken);
    }

    public async ValueTask CompleteAsync(
        string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken)
    {
        TopicName.Check(topic, nameof(topic));
        await _work.RunAsync(
            (Publisher: this, topic, status, expectedEpoch),
            static complete => complete.Publisher.CompleteAndAnnounceAsync(complete.topic, complete.status, complete.expectedEpoch),
            cancellationToken);
    }

    /// <summary>Deletes a topic. Its followers then read another log from the store, which is reported as a gap.</summary>
    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        TopicName.Check(topic, nameof(topic));
        await _work.RunAsync(
            (Publisher: this, topic, expectedEpoch),
            static delete => delete.Publisher.DeleteAndAnnounceAsync(delete.topic, delete.expectedEpoch),
            cancellationToken);
    }

    private ValueTask<SsePosition> AppendAndAnnounceAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch)
    {
        Topic? followed = topics.Find(topic);
        TailMark? before = followed?.Mark();
        ValueTask<SseAppendResult> append;
        try
        {
            append = store.AppendAsync(topic, payload, idempotencyKey, expectedEpoch, CancellationToken.None);
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.Find(topic)?.AnnounceUnknown();
            throw;
        }

        // Append before announcing: a connection woken by the signal must find the event. (I2)
        return append.IsCompletedSuccessfully
            ? ValueTask.FromResult(Announce(topic, append.Result, payload, followed, before))
            : AnnounceWhenAppendedAsync(append, topic, payload, followed, before);
    }

    private async ValueTask<SsePosition> AnnounceWhenAppendedAsync(
        ValueTask<SseAppendResult> append, string topic, ReadOnlyMemory<byte> payload, Topic? followed, TailMark? before)
    {
        SseAppendResult appended;
        try
        {
            appended = await append;
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.Find(topic)?.AnnounceUnknown();
            throw;
        }

        return Announce(topic, appended, payload, followed, before);
    }

    private SsePosition Announce(
        string topic, SseAppendResult appended, ReadOnlyMemory<byte> payload, Topic? followed, TailMark? before)
    {
        // A topic that has lost all its followers meanwhile is not the registered one any more. Followers that come after this line find
        // the event in the store.
        if (followed is not { Followers: > 0 })
        {
            followed = topics.Find(topic);
            before = null;
        }

        if (followed is not null)
        {
            Announce(followed, appended, payload, before);
        }

        return appended.Position;
    }

    private async ValueTask<bool> CompleteAndAnnounceAsync(string topic, SseTopicStatus status, string? expectedEpoch)
    {
        try
        {
            await store.CompleteAsync(topic, status, expectedEpoch, CancellationToken.None);
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.Find(topic)?.AnnounceUnknown();
            throw;
        }

        topics.Find(topic)?.AnnounceCompletion();
        return true;
    }

    private async ValueTask<bool> DeleteAndAnnounceAsync(string topic, string? expectedEpoch)
    {
        try
        {
            await store.DeleteAsync(topic, expectedEpoch, CancellationToken.None);
            return true;
        }
        finally
        {
            // Followers read the store for any outcome.
            topics.Find(topic)?.AnnounceUnknown();
        }
    }

    // The store may still have done it, and no other announcement would follow.
    private static bool IsOutcomeUnknown(Exception exception) => exception is not (SseTopicCompletedException or SseStaleEpochException);

    private async ValueTask<string> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, SsePublishOptions? options, CancellationToken cancellationToken)
    {
        SsePosition position = options?.Transaction is { } transaction
            ? await Transactional(transaction).AppendAsync(transaction, topic, payload, options.IdempotencyKey, cancellationToken)
            : await AppendAsync(topic, payload, options?.IdempotencyKey, expectedEpoch: null, cancellationToken);
        return position.ToString();
    }

    private ISseTransactionalEventStore Transactional(DbTransaction transaction) => store as ISseTransactionalEventStore
        ?? throw new InvalidOperationException(
            $"{store.GetType().Name} cannot publish within a {transaction.GetType().Name}. "
            + "SsePublishOptions.Transaction needs a store in the transaction's database, such as AddPostgreSqlEventStore.");

    private static void Check(string topic, string? idempotencyKey)
    {
        TopicName.Check(topic, nameof(topic));
        if (idempotencyKey is { Length: 0 or > MaxKeyLength })
        {
            throw new ArgumentException(
                $"The idempotency key has {idempotencyKey.Length} characters; 1 to {MaxKeyLength} are allowed.", nameof(idempotencyKey));
        }
    }

    private static void Announce(Topic topic, SseAppendResult appended, ReadOnlyMemory<byte> payload, TailMark? before)
    {
        if (appended.IsNew)
        {
            topic.Announce(appended.Position, payload, before);
            return;
        }

        // The event of a known key may have another payload, and may never have been announced. Followers that lack it read the store.
        if (!topic.IsKnown(appended.Position))
        {
            topic.AnnounceUnknown();
        }
    }

    private ReadOnlyMemory<byte> Encode<T>(SseItem<T> item, JsonTypeInfo? jsonTypeInfo)
    {
        EventFields fields = Checked(item);
        if (jsonTypeInfo is null)
        {
            return EncodeByType(fields, item.Data);
        }

        if (item.Data is not null && !jsonTypeInfo.Type.IsInstanceOfType(item.Data))
        {
            throw new ArgumentException(
                $"The JSON metadata is for {jsonTypeInfo.Type}, but the event's data is of type {item.Data.GetType()}.", nameof(jsonTypeInfo));
        }

        return EncodeJson(fields, item.Data, jsonTypeInfo);
    }

    private ReadOnlyMemory<byte> EncodeByType<T>(in EventFields fields, T data)
    {
        if (data is string text)
        {
            return EventPayload.Encode(new TextEvent(fields, text), maxEventSize);
        }

        if (Utf8Value.TryGet(data, out ReadOnlyMemory<byte> utf8))
        {
            return EventPayload.Encode(new Utf8Event(fields, utf8), maxEventSize);
        }

        NestedItem.Check<T>(nameof(data));
        return EncodeJson(fields, data, JsonMetadata.For(data, jsonOptions));
    }

    private ReadOnlyMemory<byte> EncodeJson<T>(in EventFields fields, T data, JsonTypeInfo typeInfo) =>
        EventPayload.Encode(new JsonEvent(fields, JsonScratch.Serialize(data, typeInfo)), maxEventSize);

    // An id on the wire is a position in the store (I4).
    private static EventFields Checked<T>(SseItem<T> item)
    {
        if (item.EventId is not null)
        {
            throw new ArgumentException(
                "The ids of topic events are given by the store. Leave EventId out; to publish once only, use SsePublishOptions.IdempotencyKey.",
                nameof(item));
        }

        return EventFields.ForItem(item);
    }
}

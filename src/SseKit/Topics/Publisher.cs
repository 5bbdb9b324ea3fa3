using System.Diagnostics;
using System.Net.ServerSentEvents;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>
/// Publishes: 1. check the values (I6); 2. encode the frame once; 3. append it to the store; 4. announce it to the topic's followers.
/// Steps 3 and 4 are one task, which callers do not cancel (I2). Thread-safe.
/// </summary>
internal sealed partial class Publisher(ISseEventStore store, TopicRegistry topics, EventEncoder encoder, TopicMetrics metrics)
    : ISsePublisher
{
    private const int MaxKeyLength = 256;

    private readonly StoreWork _work = new();

    public ISseEventStore Store => store;

    public ValueTask<string> PublishAsync<T>(
        string topic, SseItem<T> item, SsePublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(topic, options?.IdempotencyKey);
        Activity? activity = PublishActivity.Start(topic);
        return PublishAsync(
            activity, Request(activity, topic, item, options, cancellationToken), options?.Transaction, cancellationToken);
    }

    public ValueTask CompleteAsync(string topic, CancellationToken cancellationToken = default) =>
        CompleteAsync(topic, SseTopicStatus.Completed, expected: null, cancellationToken);

    public ValueTask DeleteAsync(string topic, CancellationToken cancellationToken = default) =>
        DeleteAsync(topic, expectedEpoch: null, cancellationToken);

    /// <summary>Appends encoded events and announces them. Both are done even if the token fires meanwhile.</summary>
    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        AppendAsync(request, transaction: null, cancellationToken);

    public async ValueTask CompleteAsync(
        string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        TopicName.Check(topic, nameof(topic));
        await CallerContext.LeaveAsync();
        await _work.RunAsync(
            (Publisher: this, topic, status, expected),
            static complete => complete.Publisher.CompleteAndAnnounceAsync(complete.topic, complete.status, complete.expected),
            cancellationToken);
    }

    /// <summary>Deletes a topic. Its followers then read another log from the store, which is reported as a gap.</summary>
    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        TopicName.Check(topic, nameof(topic));
        await CallerContext.LeaveAsync();
        await _work.RunAsync(
            (Publisher: this, topic, expectedEpoch),
            static delete => delete.Publisher.DeleteAndAnnounceAsync(delete.topic, delete.expectedEpoch),
            cancellationToken);
    }

    private ValueTask<SseAppendResult> AppendAndAnnounceAsync(SseAppendRequest request)
    {
        Topic? followed = topics.Find(request.Topic);
        TailMark? before = followed?.Mark();
        ValueTask<SseAppendResult> append;
        try
        {
            append = store.AppendAsync(request, CancellationToken.None);
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.AnnounceUnknown(request.Topic);
            throw;
        }

        // Append before announcing: a connection that the signal wakes must find the event. (I2)
        return append.IsCompletedSuccessfully
            ? ValueTask.FromResult(Announce(request, append.Result, followed, before))
            : AnnounceWhenAppendedAsync(append, request, followed, before);
    }

    private async ValueTask<SseAppendResult> AnnounceWhenAppendedAsync(
        ValueTask<SseAppendResult> append, SseAppendRequest request, Topic? followed, TailMark? before)
    {
        SseAppendResult appended;
        try
        {
            appended = await append;
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.AnnounceUnknown(request.Topic);
            throw;
        }

        return Announce(request, appended, followed, before);
    }

    private SseAppendResult Announce(SseAppendRequest request, SseAppendResult appended, Topic? followed, TailMark? before)
    {
        // A topic that has lost all its followers meanwhile is no longer the registered one. Later followers find the event in the store.
        if (followed is not { Followers: > 0 })
        {
            followed = topics.Find(request.Topic);
            before = null;
        }

        if (followed is not null)
        {
            Announce(followed, appended, request.Payloads, before);
        }

        return appended;
    }

    private async ValueTask<bool> CompleteAndAnnounceAsync(string topic, SseTopicStatus status, SsePosition? expected)
    {
        try
        {
            await store.CompleteAsync(topic, status, expected, CancellationToken.None);
        }
        catch (Exception exception) when (IsOutcomeUnknown(exception))
        {
            topics.AnnounceUnknown(topic);
            throw;
        }

        topics.AnnounceCompletion(topic);
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
            topics.AnnounceUnknown(topic);
        }
    }

    // The store may still have done it, and no other announcement would follow.
    private static bool IsOutcomeUnknown(Exception exception) => exception is not (SseTopicCompletedException or SseStaleEpochException);

    private static void Check(string topic, string? idempotencyKey)
    {
        TopicName.Check(topic, nameof(topic));
        if (idempotencyKey is { Length: 0 or > MaxKeyLength })
        {
            throw new ArgumentException(
                $"The idempotency key has {idempotencyKey.Length} characters; 1 to {MaxKeyLength} are allowed.", nameof(idempotencyKey));
        }
    }

    private static void Announce(Topic topic, SseAppendResult appended, IReadOnlyList<ReadOnlyMemory<byte>> payloads, TailMark? before)
    {
        if (appended.IsNew)
        {
            topic.Announce(appended.Position, payloads, before);
            return;
        }

        // The event of a known key may have another payload, and may never have been announced. Followers that lack it read the store.
        if (!topic.IsKnown(appended.Position))
        {
            topic.AnnounceUnknown();
        }
    }
}

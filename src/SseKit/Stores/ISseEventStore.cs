namespace SseKit;

/// <summary>
/// Keeps the events of topics. A topic is an append-only log that begins with its first use; its events are numbered from 1 without holes.
/// </summary>
/// <remarks>
/// <para>Thread-safe: any member may be called at any time by several callers, for the same topic too.</para>
/// <para>
/// Each log of a topic has an epoch, which no other log of that topic ever has. A write with an expected epoch
/// changes the log of that epoch only, never one that has replaced it meanwhile. The store compares the epoch in the same atomic step as
/// the change, before it checks anything else of the topic. A topic that was never used has an epoch too, and keeps it for its first
/// event as long as the store can; where it cannot, the epoch that was promised is stale.
/// </para>
/// <para>
/// A topic's name is 1 to 256 characters of any kind; the store makes no more of it than a key. A payload is bytes of any kind, kept as
/// they are.
/// </para>
/// <para>
/// An append is atomic: it is done, visible to every later read and, where the store is durable, safe, before its task completes; or it
/// throws
/// and has left nothing behind, except where the outcome is unknown (a lost connection, a cancellation in flight), when it may have been
/// done.
/// An idempotency key makes it safe to try again.
/// </para>
/// <para>
/// Retention may drop a topic's oldest events at any time, also between two pages of one reader, which then gets <see
/// cref="SseReadStatus.Expired"/>. A log
/// that was lost or dropped as a whole is replaced by one with another epoch.
/// </para>
/// <para>
/// Any exception but <see cref="SseTopicCompletedException"/>, <see cref="SseStaleEpochException"/> and cancellation means that the
/// store is unavailable. Callers try again later.
/// </para>
/// </remarks>
public interface ISseEventStore
{
    /// <summary>Appends an event.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The event. The caller does not change it afterwards.</param>
    /// <param name="idempotencyKey">
    /// 1 to 256 characters, or null for none. A second append with the same key, as long as the first one's event is held, appends nothing
    /// and finds the first one's event.
    /// </param>
    /// <param name="expectedEpoch">The epoch that the topic's log must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait. The event may still have been appended.</param>
    /// <returns>
    /// The event's position, and whether it is new. Of all appends with one key at most one is told that it is new, as long as its event is
    /// held.
    /// </returns>
    /// <exception cref="SseTopicCompletedException">The topic is completed.</exception>
    /// <exception cref="SseStaleEpochException">
    /// The topic's log is of another epoch than expected. Nothing was appended, whether the key is known or not.
    /// </exception>
    ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken);

    /// <summary>Reads the events after a position.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="after">Where to go on.</param>
    /// <param name="maxEvents">The most events to return, at least 1. Fewer may come although more are held.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken);

    /// <summary>Gets the state of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Completes a topic. Does nothing if it is completed already; the first completion stays.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="status"><see cref="SseTopicStatus.Completed"/> or <see cref="SseTopicStatus.Failed"/>.</param>
    /// <param name="expectedEpoch">The epoch that the topic's log must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait. The topic may still be completed.</param>
    /// <exception cref="SseStaleEpochException">The topic's log is of another epoch than expected.</exception>
    ValueTask CompleteAsync(string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a topic and its events. Apps call <see cref="ISsePublisher.DeleteAsync"/>, which announces it to followers, too. Its next
    /// use begins another log, with another epoch. Does nothing if the topic is unknown.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="expectedEpoch">The epoch that the topic's log must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait. The topic may still be deleted.</param>
    /// <exception cref="SseStaleEpochException">The topic's log is of another epoch than expected.</exception>
    ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken);

    /// <summary>
    /// Calls back when a topic may have changed by other means than a call of this object, such as another server, or eviction. Calls may
    /// be late, doubled or for
    /// nothing; rows are authoritative. A store without other writers never calls.
    /// </summary>
    /// <param name="topicChanged">Called with the topic's name, or null for "any". It returns at once.</param>
    /// <returns>Ends the subscription when disposed.</returns>
    IDisposable Subscribe(Action<string?> topicChanged);
}

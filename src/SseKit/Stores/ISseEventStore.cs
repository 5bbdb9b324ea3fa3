namespace SseKit;

/// <summary>
/// Keeps the events of topics. A topic is an append-only log that begins with its first use; its events are numbered from 1 without holes.
/// </summary>
/// <remarks>
/// <para>Thread-safe: any member may be called at any time by several callers, for the same topic too.</para>
/// <para>
/// Each log of a topic has an epoch, which no other log of any topic ever has. A write with an expected epoch changes the log of that epoch
/// only, never one that has replaced it. The store compares the epoch in the same atomic step as the change, before it checks anything
/// else of the topic. An unused topic has an epoch too, and keeps it for its first event as long as the store can. If the store cannot, a
/// write with the earlier epoch is refused as stale.
/// </para>
/// <para>
/// A topic's name is 1 to 256 characters of any kind, which the store uses only as a key. A payload is bytes of any kind, kept unchanged.
/// Reading an unused topic, or its state, leaves nothing in the store.
/// </para>
/// <para>
/// An append is atomic. Before its task completes, its events are visible to every later read and, if the store is durable, safe. If it
/// throws, it has changed nothing, unless its outcome is unknown (a lost connection, a cancellation in flight). An idempotency key makes it
/// safe to repeat.
/// </para>
/// <para>
/// Retention may delete a topic's oldest events at any time, also between two pages of one reader, which then gets
/// <see cref="SseReadStatus.Expired"/>. A log that was lost or deleted is replaced by one with another epoch.
/// </para>
/// <para>
/// A failover may lose events that were acknowledged, and their numbers are given again. The first change of a log after it continues the
/// log under another epoch. From then on the state names the earlier epoch (<see cref="SseTopicState.Forks"/>, the newest eight).
/// A position of an earlier epoch is read as one of this log up to the shared number, and is unknown after it. The change may expect the
/// stored epoch, and its result has the new one; an older epoch is stale. An unused topic's epoch changes in a failover too, and its
/// earlier ones are forks at 0. A store that loses no acknowledged event has no forks.
/// </para>
/// <para>
/// Any exception but <see cref="SseTopicCompletedException"/>, <see cref="SseStaleEpochException"/> and cancellation means that the store
/// is unavailable. Callers retry later.
/// </para>
/// <para>
/// Optional capabilities are separate interfaces: <see cref="ISseTopicChangeSource"/>, <see cref="ISseLeaseStore"/>,
/// <see cref="ISseTransactionalEventStore"/>. A store that wraps another one implements those of the wrapped store too.
/// </para>
/// </remarks>
public interface ISseEventStore
{
    /// <summary>Appends one event, or several as one step.</summary>
    /// <param name="request">The topic, the events, and the conditions.</param>
    /// <param name="cancellationToken">Ends the wait. The events may still have been appended.</param>
    /// <returns>
    /// The position of the last event, and whether the events are new. Of all appends with one key at most one has new events, as long as
    /// the last of them is held.
    /// </returns>
    /// <exception cref="SseTopicCompletedException">The topic is completed, and no held event has the key.</exception>
    /// <exception cref="SseStaleEpochException">
    /// The topic's log has another epoch than expected. Nothing was appended, whether the key is known or not.
    /// </exception>
    ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken);

    /// <summary>Reads the events after a position.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="after">The position to continue from.</param>
    /// <param name="maxEvents">The most events to return, at least 1. The store may return fewer although it holds more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken);

    /// <summary>Gets the states of topics. Each state is of one moment; the moments may differ.</summary>
    /// <param name="topics">The topics, at least one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A state for each topic, in the same order.</returns>
    ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken);

    /// <summary>Completes a topic. Does nothing if it is completed already; the first completion stays.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="status">Any but <see cref="SseTopicStatus.Open"/>.</param>
    /// <param name="expected">
    /// A position that the topic's log must have reached: the log has its epoch, and its latest event is not before it. Sequence 0 expects
    /// the epoch alone. Null for any log.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. The topic may still be completed.</param>
    /// <exception cref="SseStaleEpochException">
    /// The topic's log has another epoch, or a failover has lost the expected event. Nothing was changed.
    /// </exception>
    ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a topic and its events. Its next use begins another log, with another epoch, also if the topic is unused and several servers
    /// share the store. Apps call <see cref="ISsePublisher.DeleteAsync"/> instead, which notifies followers too.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="expectedEpoch">The epoch that the topic's log must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait. The topic may still be deleted.</param>
    /// <exception cref="SseStaleEpochException">The topic's log has another epoch than expected.</exception>
    ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken);
}

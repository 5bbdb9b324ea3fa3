using System.Data.Common;

namespace SseKit;

/// <summary>
/// An optional capability of an <see cref="ISseEventStore"/> that keeps its events in a database: it appends within a transaction of the
/// app. <see cref="SsePublishOptions.Transaction"/> uses it. Thread-safe for different transactions.
/// </summary>
public interface ISseTransactionalEventStore
{
    /// <summary>
    /// Appends events within a transaction. Readers see them from the commit on, in the order of commits. After the commit the store
    /// notifies the subscribers of this object too.
    /// </summary>
    /// <param name="transaction">A transaction in the database of the store.</param>
    /// <param name="request">The topic, the events, and the conditions.</param>
    /// <param name="cancellationToken">Cancels the statement. The transaction can then only be rolled back.</param>
    /// <returns>The result, which is valid when the transaction has committed.</returns>
    /// <exception cref="ArgumentException">The transaction is of another database.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended.</exception>
    /// <exception cref="SseTopicCompletedException">The topic is completed. The transaction can continue.</exception>
    /// <exception cref="SseStaleEpochException">The topic's log has another epoch than expected. The transaction can continue.</exception>
    ValueTask<SseAppendResult> AppendAsync(DbTransaction transaction, SseAppendRequest request, CancellationToken cancellationToken);
}

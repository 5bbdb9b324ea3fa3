using System.Data.Common;

namespace SseKit;

/// <summary>
/// An optional capability of an <see cref="ISseEventStore"/> that keeps its events in a database: it appends within a transaction of the
/// app. <see cref="SsePublishOptions.Transaction"/> uses it. Thread-safe for different transactions.
/// </summary>
public interface ISseTransactionalEventStore
{
    /// <summary>
    /// Appends an event within a transaction. Readers see it from the commit on, in the order of commits. After the commit the store
    /// calls back its own subscribers, too.
    /// </summary>
    /// <param name="transaction">A transaction in the database of the store.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The event. The caller does not change it afterwards.</param>
    /// <param name="idempotencyKey">1 to 256 characters, or null for none.</param>
    /// <param name="cancellationToken">Ends the statement. The transaction can only be rolled back then.</param>
    /// <returns>The event's position, which is valid when the transaction has committed.</returns>
    /// <exception cref="ArgumentException">The transaction is of another database.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended.</exception>
    /// <exception cref="SseTopicCompletedException">The topic is completed. The transaction can go on.</exception>
    ValueTask<SsePosition> AppendAsync(
        DbTransaction transaction, string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, CancellationToken cancellationToken);
}

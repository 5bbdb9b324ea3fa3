namespace SseKit;

/// <summary>
/// An optional capability of an <see cref="ISseEventStore"/> that several servers use at once: leases, by which only one server at a time
/// owns a topic. <c>WithSseReplay</c> then runs an endpoint once across all servers. Thread-safe.
/// </summary>
/// <remarks>
/// A lease has one owner at a time and expires by the store's one clock. The store keeps a lease that was not released for a day at least,
/// so that the next owner gets <see cref="SseLeaseResult.TakenOver"/>. Other leases have names that SseKit derives from topics
/// (<c>ssekit.followers:</c> and a hash). Several servers share the owner of such a lease, and each of them renews it. A lease
/// <c>ssekit.ticket:</c> records that a ticket was used, and is neither renewed nor released.
/// </remarks>
public interface ISseLeaseStore
{
    /// <summary>Acquires a topic's lease if it has no owner or has expired.</summary>
    /// <param name="topic">The topic. Its events and its completion are independent of the lease.</param>
    /// <param name="owner">
    /// Identifies this attempt, so that a late owner cannot use a lease that it has lost: 1 to 100 printable ASCII characters.
    /// </param>
    /// <param name="duration">The time until the lease expires unless it is renewed.</param>
    /// <param name="cancellationToken">Ends the wait. The lease may still be acquired.</param>
    /// <returns>Whether this owner has it now, and whether another owner had lost it.</returns>
    ValueTask<SseLeaseResult> TryAcquireLeaseAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>
    /// Renews leases independently: one that is lost or locked changes nothing for the others, and the store waits for none. An expired
    /// lease is renewed too, unless another owner has acquired it.
    /// </summary>
    /// <param name="leases">The leases, each topic once.</param>
    /// <param name="cancellationToken">Ends the wait. The leases may still be renewed.</param>
    /// <returns>A result for each lease, in the same order.</returns>
    ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken);

    /// <summary>Releases a lease. Does nothing if it has another owner.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="owner">The owner that acquired it.</param>
    /// <param name="cancellationToken">Ends the wait. The lease may still be released.</param>
    ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken);

    /// <summary>Gets the owner of a lease, and changes nothing.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The owner; null if the lease has no owner or has expired.</returns>
    ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken);
}

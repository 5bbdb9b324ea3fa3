namespace SseKit;

/// <summary>
/// What a store offers besides that several servers use at once: leases, by which one of them does for a topic what must be done once.
/// <c>WithSseReplay</c> then runs an endpoint once across all
/// servers. A store that one process uses need not have it. Thread-safe.
/// </summary>
/// <remarks>
/// A lease has one owner at a time, and ends by itself at its time, which the store's one clock measures. The store remembers a lease that
/// was not given back for a day at least, so that the next
/// owner gets <see cref="SseLeaseResult.TakenOver"/>. Besides the leases of topics there are leases of names that SseKit derives from them
/// (<c>ssekit.followers:</c> and a hash), whose owner several servers share:
/// each of them renews it.
/// </remarks>
public interface ISseLeaseStore
{
    /// <summary>Acquires a topic's lease if it has no owner or has expired.</summary>
    /// <param name="topic">The topic. Its events and its completion have nothing to do with the lease.</param>
    /// <param name="owner">
    /// Identifies this attempt, so that a late owner cannot use a lease that it has lost: 1 to 100 printable ASCII characters.
    /// </param>
    /// <param name="duration">How long it lasts unless it is renewed.</param>
    /// <param name="cancellationToken">Ends the wait. The lease may still be acquired.</param>
    /// <returns>Whether this owner has it now, and how it was found.</returns>
    ValueTask<SseLeaseResult> TryAcquireLeaseAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>
    /// Renews leases, each on its own: one that is lost or locked changes nothing for the others, and none is waited for. A lease whose
    /// time is over is renewed too, if no other owner has taken it.
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
}

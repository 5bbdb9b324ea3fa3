namespace SseKit.Endpoints.Authentication;

/// <summary>Records the tickets that were used, so that each is used once: on all servers that share the store. Thread-safe.</summary>
/// <remarks>
/// A shared store records a ticket as a lease, which has one owner and expires by itself. A distributed cache could not: it has no
/// operation that adds an entry only if there is none.
/// </remarks>
internal sealed class TicketUses(ISseEventStore store, TimeProvider time)
{
    // The clock of a server that reads a ticket later may be behind the clock of the store.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly HashSet<string> _used = [];
    private readonly PriorityQueue<string, long> _ends = new();

    /// <summary>The number of tickets that are recorded in this process.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _used.Count;
            }
        }
    }

    /// <summary>Records the use of a ticket.</summary>
    /// <param name="id">Identifies the ticket.</param>
    /// <param name="left">The time that it remains valid.</param>
    /// <param name="cancellationToken">Ends the wait for the store. The ticket may be used.</param>
    /// <returns>False if it was used before.</returns>
    public ValueTask<bool> TryUseAsync(string id, TimeSpan left, CancellationToken cancellationToken) => store is ISseLeaseStore leases
        ? TryLeaseAsync(leases, id, left, cancellationToken)
        : ValueTask.FromResult(TryUse(id, left));

    // Each attempt is an owner of its own. A lease that is taken over is that of an earlier use.
    private static async ValueTask<bool> TryLeaseAsync(
        ISseLeaseStore leases, string id, TimeSpan left, CancellationToken cancellationToken) =>
        await leases.TryAcquireLeaseAsync("ssekit.ticket:" + id, Guid.NewGuid().ToString("N"), left + Margin, cancellationToken)
            == SseLeaseResult.Granted;

    private bool TryUse(string id, TimeSpan left)
    {
        long now = time.GetUtcNow().UtcTicks;
        lock (_gate)
        {
            // An expired ticket is refused without its record, so the records are bounded by the tickets of one lifetime (I8).
            while (_ends.TryPeek(out string? first, out long end) && end <= now)
            {
                _ends.Dequeue();
                _used.Remove(first);
            }

            if (!_used.Add(id))
            {
                return false;
            }

            _ends.Enqueue(id, now + left.Ticks);
            return true;
        }
    }
}

using Microsoft.Extensions.Logging;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>
/// Renews the leases of this server: those that are due at about the same time in one call, whose deadline leaves time for another try.
/// Thread-safe.
/// </summary>
internal sealed partial class SseLeaseRenewer : ISseScheduled
{
    private const int RenewalsPerDuration = 3;
    private const int RetriesPerDuration = 10;

    // A lease that is due within this share of its duration is renewed with those that are due now.
    private const int EarlyShare = 6;

    private readonly Lock _gate = new();
    private readonly HashSet<SseTopicLease> _leases = [];
    private readonly ISseLeaseStore _store;
    private readonly SseRuntime _runtime;
    private readonly SseScheduleEntry _entry;
    private bool _renewing;

    public SseLeaseRenewer(ISseLeaseStore store, SseRuntime runtime)
    {
        _store = store;
        _runtime = runtime;
        _entry = runtime.Schedule.Add(this, SseSchedule.Never);
    }

    /// <summary>Renews a lease from now on, which the store was asked for at this time.</summary>
    public void Add(SseTopicLease lease, long asked)
    {
        lock (_gate)
        {
            _leases.Add(lease);
            lease.Due = After(asked, lease.Duration / RenewalsPerDuration);
        }

        Arm();
    }

    public void Remove(SseTopicLease lease)
    {
        lock (_gate)
        {
            _leases.Remove(lease);
        }
    }

    /// <summary>Renews one lease now.</summary>
    public async Task<SseLeaseRenewalResult> RenewAsync(SseTopicLease lease, CancellationToken cancellationToken) =>
        (await RenewAsync([lease], cancellationToken))[0];

    long ISseScheduled.OnDue(long now)
    {
        lock (_gate)
        {
            if (!_renewing)
            {
                _renewing = true;
                SseBackground.Start(RenewDueAsync);
            }
        }

        return SseSchedule.Never;
    }

    private async Task RenewDueAsync()
    {
        SseTopicLease[] due = TakeDue();
        if (due.Length > 0)
        {
            try
            {
                await RenewAsync(due, CancellationToken.None);
            }
            catch (Exception exception)
            {
                // There is time for another try, or the leases are lost.
                Log.RenewalFailed(_runtime.Logger, due.Length, exception);
            }
        }

        lock (_gate)
        {
            _renewing = false;
        }

        Arm();
    }

    // Unless the store answers otherwise, they are due again soon.
    private SseTopicLease[] TakeDue()
    {
        long now = _runtime.Time.GetTimestamp();
        lock (_gate)
        {
            _leases.RemoveWhere(lease => lease.IsLost);
            SseTopicLease[] due = [.. _leases.Where(lease => _runtime.Time.GetElapsedTime(now, lease.Due) <= lease.Duration / EarlyShare)];
            foreach (SseTopicLease lease in due)
            {
                lease.Due = After(now, lease.Duration / RetriesPerDuration);
            }

            return due;
        }
    }

    private async Task<IReadOnlyList<SseLeaseRenewalResult>> RenewAsync(SseTopicLease[] leases, CancellationToken cancellationToken)
    {
        long asked = _runtime.Time.GetTimestamp();
        SseLeaseRenewal[] renewals = [.. leases.Select(lease => new SseLeaseRenewal(lease.Topic, lease.Owner, lease.Duration))];
        IReadOnlyList<SseLeaseRenewalResult> results = await SseLeaseDeadline.CallAsync(
            token => _store.TryRenewLeasesAsync(renewals, token),
            leases.Min(lease => lease.Duration) / RenewalsPerDuration,
            _runtime.Time,
            cancellationToken);
        for (int i = 0; i < leases.Length; i++)
        {
            Apply(leases[i], results[i], asked);
        }

        return results;
    }

    private void Apply(SseTopicLease lease, SseLeaseRenewalResult result, long asked)
    {
        lock (_gate)
        {
            if (!_leases.Contains(lease))
            {
                // It was given back meanwhile.
                return;
            }

            if (result == SseLeaseRenewalResult.Renewed)
            {
                lease.Due = After(asked, lease.Duration / RenewalsPerDuration);
                lease.Extend(asked);
            }
        }

        if (result == SseLeaseRenewalResult.Lost)
        {
            lease.Lose();
        }
    }

    private void Arm()
    {
        long first = SseSchedule.Never;
        lock (_gate)
        {
            if (_renewing)
            {
                return;
            }

            foreach (SseTopicLease lease in _leases)
            {
                first = Math.Min(first, lease.Due);
            }
        }

        _runtime.Schedule.Advance(_entry, first);
    }

    private long After(long timestamp, TimeSpan time) => timestamp + (long)(time.TotalSeconds * _runtime.Time.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.LeaseRenewalFailed, LogLevel.Debug, "Failed to renew {Leases} leases; trying again.")]
        public static partial void RenewalFailed(ILogger logger, int leases, Exception exception);
    }
}

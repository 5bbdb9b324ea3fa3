using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Topics;

namespace SseKit.Replay.Leases;

/// <summary>
/// Renews the leases of this server: those that are due at about the same time in one call, whose deadline leaves time for a retry.
/// Thread-safe.
/// </summary>
internal sealed partial class LeaseRenewer : IScheduled
{
    private const int RenewalsPerDuration = 3;
    private const int RetriesPerDuration = 10;

    // A lease that is due within this share of its duration is renewed with those that are due now.
    private const int EarlyShare = 6;

    private readonly Lock _gate = new();
    private readonly HashSet<TopicLease> _leases = [];
    private readonly ISseLeaseStore _store;
    private readonly StreamRuntime _runtime;
    private readonly ScheduledEntry _entry;
    private bool _renewing;

    public LeaseRenewer(ISseLeaseStore store, StreamRuntime runtime)
    {
        _store = store;
        _runtime = runtime;
        _entry = runtime.Schedule.Add(this, DeadlineScheduler.Never);
    }

    /// <summary>Renews a lease from now on, which was requested from the store at this time.</summary>
    public void Add(TopicLease lease, long asked)
    {
        lock (_gate)
        {
            _leases.Add(lease);
            lease.Due = After(asked, lease.Duration / RenewalsPerDuration);
        }

        Arm();
    }

    public void Remove(TopicLease lease)
    {
        lock (_gate)
        {
            _leases.Remove(lease);
        }
    }

    /// <summary>Renews one lease now.</summary>
    public async Task<SseLeaseRenewalResult> RenewAsync(TopicLease lease, CancellationToken cancellationToken) =>
        (await RenewAsync([lease], cancellationToken))[0];

    long IScheduled.OnDue(long now)
    {
        lock (_gate)
        {
            if (!_renewing)
            {
                _renewing = true;
                BackgroundWork.Start(RenewDueAsync);
            }
        }

        return DeadlineScheduler.Never;
    }

    private async Task RenewDueAsync()
    {
        TopicLease[] due = TakeDue();
        if (due.Length > 0)
        {
            try
            {
                await RenewAsync(due, CancellationToken.None);
            }
            catch (Exception exception)
            {
                // There is time for a retry, or the leases are lost.
                Log.RenewalFailed(_runtime.Logger, due.Length, exception);
            }
        }

        lock (_gate)
        {
            _renewing = false;
        }

        Arm();
    }

    // Unless the store's result differs, they are due again soon.
    private TopicLease[] TakeDue()
    {
        long now = _runtime.Time.GetTimestamp();
        lock (_gate)
        {
            _leases.RemoveWhere(lease => lease.IsLost);
            TopicLease[] due = [.. _leases.Where(lease => _runtime.Time.GetElapsedTime(now, lease.Due) <= lease.Duration / EarlyShare)];
            foreach (TopicLease lease in due)
            {
                lease.Due = After(now, lease.Duration / RetriesPerDuration);
            }

            return due;
        }
    }

    private async Task<IReadOnlyList<SseLeaseRenewalResult>> RenewAsync(TopicLease[] leases, CancellationToken cancellationToken)
    {
        long asked = _runtime.Time.GetTimestamp();
        SseLeaseRenewal[] renewals =
        [
            .. leases.Select(lease => new SseLeaseRenewal { Topic = lease.Topic, Owner = lease.Owner, Duration = lease.Duration }),
        ];
        IReadOnlyList<SseLeaseRenewalResult> results = await LeaseDeadline.CallAsync(
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

    private void Apply(TopicLease lease, SseLeaseRenewalResult result, long asked)
    {
        lock (_gate)
        {
            if (!_leases.Contains(lease))
            {
                // It was released meanwhile.
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
        long first = DeadlineScheduler.Never;
        lock (_gate)
        {
            if (_renewing)
            {
                return;
            }

            foreach (TopicLease lease in _leases)
            {
                first = Math.Min(first, lease.Due);
            }
        }

        _runtime.Schedule.Advance(_entry, first);
    }

    private long After(long timestamp, TimeSpan time) => timestamp + (long)(time.TotalSeconds * _runtime.Time.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.LeaseRenewalFailed, LogLevel.Debug, "Failed to renew {Leases} leases; trying again.")]
        public static partial void RenewalFailed(ILogger logger, int leases, Exception exception);
    }
}

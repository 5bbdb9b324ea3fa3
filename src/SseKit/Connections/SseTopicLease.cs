using System.Diagnostics.CodeAnalysis;

namespace SseKit.Connections;

/// <summary>
/// The right to feed a topic, among all servers that share the store. It is renewed in the background, and counts as lost as soon as another server may have it: by this server's own clock,
/// from before the store was asked, so that no clock that is wrong or store that is slow makes two servers believe in it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source's timer is stopped when the lease is given back.")]
internal sealed class SseTopicLease
{
    private const int RenewalsPerDuration = 3;

    private readonly ISseLeaseStore _store;
    private readonly string _topic;
    private readonly string _owner;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationTokenSource _given = new();
    private readonly Task _renewing;

    private SseTopicLease(ISseLeaseStore store, string topic, string owner, TimeSpan duration, TimeSpan left, TimeProvider time)
    {
        _store = store;
        _topic = topic;
        _owner = owner;
        _duration = duration;
        _time = time;
        _lost = new CancellationTokenSource(left, time);
        _renewing = RenewAsync();
    }

    public TimeSpan Duration => _duration;

    /// <summary>Fires when the lease may be another server's.</summary>
    public CancellationToken Lost => _lost.Token;

    public bool IsLost => _lost.IsCancellationRequested;

    /// <summary>Takes the lease of a topic. Null where another server has it.</summary>
    public static async Task<SseTopicLease?> TryAcquireAsync(
        ISseLeaseStore store, string topic, string owner, TimeSpan duration, TimeProvider time, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        if (!await store.TryAcquireLeaseAsync(topic, owner, duration, cancellationToken))
        {
            return null;
        }

        TimeSpan left = duration - time.GetElapsedTime(asked);
        return left > TimeSpan.Zero ? new SseTopicLease(store, topic, owner, duration, left, time) : null;
    }

    /// <summary>Gives the lease back. What fails is left to the lease's time.</summary>
    public async Task ReleaseAsync()
    {
        await _given.CancelAsync();
        await _renewing;
        _lost.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            await _store.ReleaseLeaseAsync(_topic, _owner, CancellationToken.None);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    private async Task RenewAsync()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_given.Token, _lost.Token);
        try
        {
            while (true)
            {
                await Task.Delay(_duration / RenewalsPerDuration, _time, ended.Token);
                await TryRenewAsync(ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // It was given back, or is lost.
        }
    }

    private async Task TryRenewAsync(CancellationToken cancellationToken)
    {
        long asked = _time.GetTimestamp();
        try
        {
            if (await _store.TryRenewLeaseAsync(_topic, _owner, _duration, cancellationToken))
            {
                TimeSpan left = _duration - _time.GetElapsedTime(asked);
                _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                return;
            }

            await _lost.CancelAsync();
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store is out of order. There is time for another try, or the lease is lost.
        }
    }
}

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
    private readonly string _owner;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationTokenSource _given = new();
    private readonly Task _renewing;

    private SseTopicLease(
        ISseLeaseStore store, string topic, string owner, bool isTakenOver, TimeSpan duration, TimeSpan left, TimeProvider time)
    {
        _store = store;
        Topic = topic;
        _owner = owner;
        IsTakenOver = isTakenOver;
        Duration = duration;
        _time = time;
        _lost = new CancellationTokenSource(left, time);
        _renewing = RenewAsync();
    }

    public string Topic { get; }

    public TimeSpan Duration { get; }

    /// <summary>Whether its last owner may not know yet that it is lost.</summary>
    public bool IsTakenOver { get; }

    /// <summary>Fires when the lease may be another server's.</summary>
    public CancellationToken Lost => _lost.Token;

    public bool IsLost => _lost.IsCancellationRequested;

    /// <summary>Takes the lease of a topic. Null where another server has it.</summary>
    public static async Task<SseTopicLease?> TryAcquireAsync(
        ISseLeaseStore store, string topic, string owner, TimeSpan duration, TimeProvider time, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        SseLeaseGrant grant = await store.TryAcquireLeaseAsync(topic, owner, duration, cancellationToken);
        if (grant == SseLeaseGrant.Refused)
        {
            return null;
        }

        TimeSpan left = duration - time.GetElapsedTime(asked);
        return left > TimeSpan.Zero ? new SseTopicLease(store, topic, owner, grant == SseLeaseGrant.TakenOver, duration, left, time) : null;
    }

    /// <summary>
    /// Reads where the topic stands, and returns when it is certain that the lease was this owner's at that moment. The store says so, and no clock: whoever stands still in between is told that
    /// the lease is lost.
    /// </summary>
    public async Task<SseTopicState> ReadStateAsync(ISseEventStore events, CancellationToken cancellationToken)
    {
        SseTopicState state = await events.GetStateAsync(Topic, cancellationToken);
        await RenewOnceAsync(cancellationToken);
        Lost.ThrowIfCancellationRequested();
        return state;
    }

    /// <summary>
    /// Gives the lease back. What fails is left to the lease's time, and so is a lease that is lost: what its owner has sent may still be on its way, and the next one has to know.
    /// </summary>
    public async Task ReleaseAsync()
    {
        await AbandonAsync();
        if (IsLost)
        {
            return;
        }

        _lost.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            await _store.ReleaseLeaseAsync(Topic, _owner, CancellationToken.None);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    /// <summary>Leaves the lease to its time. Whoever has it next is told that it is taken over.</summary>
    public async Task AbandonAsync()
    {
        await _given.CancelAsync();
        await _renewing;
    }

    private async Task RenewAsync()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_given.Token, _lost.Token);
        try
        {
            while (true)
            {
                await Task.Delay(Duration / RenewalsPerDuration, _time, ended.Token);
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
        try
        {
            await RenewOnceAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store is out of order. There is time for another try, or the lease is lost.
        }
    }

    private async Task RenewOnceAsync(CancellationToken cancellationToken)
    {
        long asked = _time.GetTimestamp();
        if (!await _store.TryRenewLeaseAsync(Topic, _owner, Duration, cancellationToken))
        {
            await _lost.CancelAsync();
            return;
        }

        TimeSpan left = Duration - _time.GetElapsedTime(asked);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}

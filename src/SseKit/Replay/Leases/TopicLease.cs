using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using SseKit.Stores;

namespace SseKit.Replay.Leases;

/// <summary>
/// The right to write a topic, among all servers that share the store. It is renewed in the background. It counts as lost as soon as
/// another server may have it, by this server's clock, counted from before the request to the store. So neither a wrong clock nor a slow
/// store lets two servers use it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source's timer is stopped when the lease is given back.")]
internal sealed class TopicLease
{
    /// <summary>The owner of the lease that represents the followers of a run on other servers. All servers share it.</summary>
    private const string Followers = "followers";

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);

    private readonly ISseLeaseStore _store;
    private readonly LeaseRenewer _renewer;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;

    private TopicLease(
        ISseLeaseStore store, LeaseRenewer renewer, SseLeaseRenewal lease, bool isTakenOver, TimeSpan left, TimeProvider time)
    {
        _store = store;
        _renewer = renewer;
        Topic = lease.Topic;
        Owner = lease.Owner;
        Duration = lease.Duration;
        IsTakenOver = isTakenOver;
        _time = time;
        _lost = new CancellationTokenSource(left, time);
    }

    public string Topic { get; }

    public string Owner { get; }

    public TimeSpan Duration { get; }

    /// <summary>Whether its last owner may still be working without it.</summary>
    public bool IsTakenOver { get; }

    /// <summary>Fires when the lease may be another server's.</summary>
    public CancellationToken Lost => _lost.Token;

    public bool IsLost => _lost.IsCancellationRequested;

    /// <summary>The time of its next renewal. The renewer's lock guards it.</summary>
    public long Due { get; set; }

    /// <summary>Acquires the lease of a topic. Null if another server has it.</summary>
    public static async Task<TopicLease?> TryAcquireAsync(
        ISseLeaseStore store, LeaseRenewer renewer, SseLeaseRenewal wanted, TimeProvider time, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        SseLeaseResult grant = await LeaseDeadline.CallAsync(
            token => store.TryAcquireLeaseAsync(wanted.Topic, wanted.Owner, wanted.Duration, token),
            wanted.Duration,
            time,
            cancellationToken);
        TimeSpan left = wanted.Duration - time.GetElapsedTime(asked);
        if (grant == SseLeaseResult.Refused || left <= TimeSpan.Zero)
        {
            return null;
        }

        var lease = new TopicLease(store, renewer, wanted, grant == SseLeaseResult.TakenOver, left, time);
        renewer.Add(lease, asked);
        return lease;
    }

    /// <summary>Makes the run of a topic on another server count this server's followers for a time.</summary>
    public static async Task KeepRunAsync(ISseLeaseStore store, string topic, TimeSpan duration, CancellationToken cancellationToken)
    {
        string name = FollowersOf(topic);
        IReadOnlyList<SseLeaseRenewalResult> results =
            await store.TryRenewLeasesAsync(
                [new SseLeaseRenewal { Topic = name, Owner = Followers, Duration = duration }], cancellationToken);
        if (results[0] == SseLeaseRenewalResult.Lost)
        {
            await store.TryAcquireLeaseAsync(name, Followers, duration, cancellationToken);
        }
    }

    /// <summary>Whether another server has followers of the topic, or had them recently.</summary>
    public async Task<bool> IsFollowedElsewhereAsync(CancellationToken cancellationToken)
    {
        string name = FollowersOf(Topic);
        SseLeaseResult grant = await LeaseDeadline.CallAsync(
            token => _store.TryAcquireLeaseAsync(name, Owner, Duration, token), Duration, _time, cancellationToken);
        if (grant == SseLeaseResult.Refused)
        {
            return true;
        }

        await _store.ReleaseLeaseAsync(name, Owner, cancellationToken);
        return false;
    }

    /// <summary>
    /// Reads the state of the topic, and returns when it is certain that the lease was this owner's at that moment. The store confirms it,
    /// not a clock: a process that is paused in between gets the loss as the result.
    /// </summary>
    public async Task<SseTopicState> ReadStateAsync(ISseEventStore events, CancellationToken cancellationToken)
    {
        SseTopicState state = await events.GetStateAsync(Topic, cancellationToken);
        while (await _renewer.RenewAsync(this, cancellationToken) == SseLeaseRenewalResult.Busy)
        {
            Lost.ThrowIfCancellationRequested();
            await Task.Delay(BusyPause, _time, cancellationToken);
        }

        Lost.ThrowIfCancellationRequested();
        return state;
    }

    /// <summary>
    /// Releases the lease. If that fails, the lease expires. A lost lease also expires: writes of its owner may still be in flight, so the
    /// next owner must get it as taken over.
    /// </summary>
    public async Task ReleaseAsync()
    {
        Abandon();
        if (IsLost)
        {
            return;
        }

        _lost.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            await LeaseDeadline.CallAsync(
                async token =>
                {
                    await _store.ReleaseLeaseAsync(Topic, Owner, token);
                    return true;
                },
                Duration,
                _time,
                CancellationToken.None);
        }
        catch (Exception)
        {
            // The lease expires.
        }
    }

    /// <summary>Lets the lease expire. The next owner gets it as taken over.</summary>
    public void Abandon() => _renewer.Remove(this);

    /// <summary>Records that the store has renewed it, by a request at this time.</summary>
    public void Extend(long asked)
    {
        TimeSpan left = Duration - _time.GetElapsedTime(asked);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Records that another owner has it.</summary>
    public void Lose() => _ = _lost.CancelAsync();

    // As short as a topic's name must be. The hash is of UTF-16, in which halves of surrogate pairs differ.
    private static string FollowersOf(string topic) =>
        $"ssekit.followers:{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(topic)))}";
}

/// <summary>Ends a call of the lease store at a deadline, after which its result is useless.</summary>
internal static class LeaseDeadline
{
    public static async Task<TResult> CallAsync<TResult>(
        Func<CancellationToken, ValueTask<TResult>> call, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await call(ended.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The lease store did not answer within {deadline}.", exception);
        }
    }
}

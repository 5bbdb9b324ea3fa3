using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using SseKit.Stores;

namespace SseKit.Replay.Leases;

/// <summary>
/// The right to feed a topic, among all servers that share the store. It is renewed in the background, and counts as lost as soon as another server may have it: by this server's own clock,
/// from before the store was asked, so that no clock that is wrong or store that is slow makes two servers believe in it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source's timer is stopped when the lease is given back.")]
internal sealed class TopicLease
{
    /// <summary>The owner of the lease that stands for the followers of a run on other servers. All servers share it.</summary>
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

    /// <summary>Whether its last owner may not know yet that it is lost.</summary>
    public bool IsTakenOver { get; }

    /// <summary>Fires when the lease may be another server's.</summary>
    public CancellationToken Lost => _lost.Token;

    public bool IsLost => _lost.IsCancellationRequested;

    /// <summary>When it is to be renewed. The renewer's lock guards it.</summary>
    public long Due { get; set; }

    /// <summary>Takes the lease of a topic. Null if another server has it.</summary>
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

    /// <summary>Lets the run of a topic, which goes on at another server, count this server's followers for a time.</summary>
    public static async Task KeepRunAsync(ISseLeaseStore store, string topic, TimeSpan duration, CancellationToken cancellationToken)
    {
        string name = FollowersOf(topic);
        IReadOnlyList<SseLeaseRenewalResult> results =
            await store.TryRenewLeasesAsync([new SseLeaseRenewal { Topic = name, Owner = Followers, Duration = duration }], cancellationToken);
        if (results[0] == SseLeaseRenewalResult.Lost)
        {
            await store.TryAcquireLeaseAsync(name, Followers, duration, cancellationToken);
        }
    }

    /// <summary>Whether another server has followers of the topic, or had them a short time ago.</summary>
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
    /// Reads where the topic stands, and returns when it is certain that the lease was this owner's at that moment. The store says so, and no clock: whoever stands still in between is told that
    /// the lease is lost.
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
    /// Gives the lease back. What fails is left to the lease's time, and so is a lease that is lost: what its owner has sent may still be on its way, and the next one has to know.
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
            // It ends by itself.
        }
    }

    /// <summary>Leaves the lease to its time. Whoever has it next is told that it is taken over.</summary>
    public void Abandon() => _renewer.Remove(this);

    /// <summary>The store was asked at this time, and has renewed it.</summary>
    public void Extend(long asked)
    {
        TimeSpan left = Duration - _time.GetElapsedTime(asked);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>It is another owner's.</summary>
    public void Lose() => _ = _lost.CancelAsync();

    // As short as a topic's name has to be. The hash is of UTF-16, in which halves of surrogate pairs differ.
    private static string FollowersOf(string topic) =>
        $"ssekit.followers:{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(topic)))}";
}

/// <summary>Ends a call to the lease store that takes longer than its answer is worth.</summary>
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

using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Keeps leases as keys, by the clock of Redis. A lease that was not released is kept for a day after it has expired.</summary>
internal sealed class LeaseScripts(ScriptRunner scripts, KeySpace keys)
{
    private static readonly RedisValue Kept = TopicArguments.Milliseconds(TimeSpan.FromDays(1));

    public async Task<SseLeaseResult> TryAcquireAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RedisResult result = await RunAsync(Script.AcquireLease, topic, [owner, TopicArguments.Milliseconds(duration), Kept])
            .WaitAsync(cancellationToken);
        return (int)result switch
        {
            0 => SseLeaseResult.Refused,
            1 => SseLeaseResult.Granted,
            _ => SseLeaseResult.TakenOver,
        };
    }

    /// <summary>
    /// Renews all leases in one round trip. Each has its own key, and may be on its own node of a cluster. One that fails or is unanswered
    /// when the wait ends is busy: its owner retries.
    /// </summary>
    public async Task<IReadOnlyList<SseLeaseRenewalResult>> TryRenewAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<RedisResult>[] renewals = [.. leases.Select(lease =>
            RunAsync(Script.RenewLease, lease.Topic, [lease.Owner, TopicArguments.Milliseconds(lease.Duration), Kept]))];
        Task all = Task.WhenAll(renewals).WaitAsync(cancellationToken);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        SseLeaseRenewalResult[] results = [.. renewals.Select(ResultOf)];
        if (results.All(result => result == SseLeaseRenewalResult.Busy))
        {
            await all;
        }

        return results;
    }

    public async Task ReleaseAsync(string topic, string owner, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await RunAsync(Script.ReleaseLease, topic, [owner]).WaitAsync(cancellationToken);
    }

    public async Task<string?> GetOwnerAsync(string topic, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return (string?)await RunAsync(Script.LeaseOwner, topic, []).WaitAsync(cancellationToken);
    }

    private static SseLeaseRenewalResult ResultOf(Task<RedisResult> renewal)
    {
        if (!renewal.IsCompletedSuccessfully)
        {
            return SseLeaseRenewalResult.Busy;
        }

        return (bool)renewal.Result ? SseLeaseRenewalResult.Renewed : SseLeaseRenewalResult.Lost;
    }

    private Task<RedisResult> RunAsync(Script script, string topic, RedisValue[] values) =>
        scripts.RunAsync(script, [keys.OfLease(topic)], values);
}

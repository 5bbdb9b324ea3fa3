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

    /// <summary>Renews all leases in one round trip. Each has its own key, and may be on its own node of a cluster.</summary>
    public async Task<IReadOnlyList<SseLeaseRenewalResult>> TryRenewAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RedisResult[] results = await Task.WhenAll(leases.Select(lease =>
            RunAsync(Script.RenewLease, lease.Topic, [lease.Owner, TopicArguments.Milliseconds(lease.Duration), Kept])))
            .WaitAsync(cancellationToken);
        return [.. results.Select(result => (bool)result ? SseLeaseRenewalResult.Renewed : SseLeaseRenewalResult.Lost)];
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

    private Task<RedisResult> RunAsync(Script script, string topic, RedisValue[] values) =>
        scripts.RunAsync(script, [keys.OfLease(topic)], values);
}

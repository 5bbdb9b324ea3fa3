using System.Collections.Concurrent;
using SseKit.Stores;

namespace SseKit.Tests.Infrastructure;

/// <summary>A store with leases, which do not expire, and with hooks where a test can delay a caller.</summary>
internal sealed class LeasedEventStore(FaultyEventStore inner)
    : ISseEventStore, ISseLeaseStore, ISseTopicChangeSource, ISseTopicLimits, IFollowerAware
{
    private readonly ConcurrentDictionary<string, string> _owners = new();

    /// <summary>The result of a lease request for a topic without an owner.</summary>
    public SseLeaseResult Grant { get; set; } = SseLeaseResult.Granted;

    /// <summary>Runs after a lease is granted and before its caller gets the result. The caller's token ends the caller's wait.</summary>
    public Func<Task>? AfterGrant { get; set; }

    /// <summary>Runs before a topic is deleted. The caller's token ends the caller's wait.</summary>
    public Func<Task>? BeforeDelete { get; set; }

    public bool ReceivesNotifications => inner.ReceivesNotifications;

    public long MaxEventsPerTopic => inner.MaxEventsPerTopic;

    public long MaxBytesPerTopic => inner.MaxBytesPerTopic;

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        inner.AppendAsync(request, cancellationToken);

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        inner.ReadAsync(topic, after, maxEvents, cancellationToken);

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        inner.GetStatesAsync(topics, cancellationToken);

    public ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        inner.CompleteAsync(topic, status, expected, cancellationToken);

    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        await (BeforeDelete?.Invoke() ?? Task.CompletedTask).WaitAsync(cancellationToken);
        await inner.DeleteAsync(topic, expectedEpoch, cancellationToken);
    }

    public async ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
        string topic, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        if (!_owners.TryAdd(topic, owner))
        {
            return SseLeaseResult.Refused;
        }

        await (AfterGrant?.Invoke() ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return Grant;
    }

    public ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<SseLeaseRenewalResult>>(
            [.. leases.Select(lease => _owners.GetValueOrDefault(lease.Topic) == lease.Owner
                ? SseLeaseRenewalResult.Renewed
                : SseLeaseRenewalResult.Lost)]);

    public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken)
    {
        _owners.TryRemove(new KeyValuePair<string, string>(topic, owner));
        return default;
    }

    public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_owners.GetValueOrDefault(topic));

    public void UseFollowers(Func<string, bool> isFollowed) => inner.UseFollowers(isFollowed);

    public IDisposable Subscribe(Action<string?> topicChanged) => inner.Subscribe(topicChanged);
}

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>The PostgreSQL store as a server uses it that stands still right before one of its writes, as a process does that is paused there.</summary>
internal sealed class StandingStore(PostgreSqlEventStore inner, int standsBefore)
    : ISseEventStore, ISseTopicChangeSource, ISseLeaseStore
{
    private int _writes;

    /// <summary>Set when the server stands.</summary>
    public Signal Stands { get; } = new();

    public Signal GoesOn { get; } = new();

    public async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        await StandAsync();
        return await inner.AppendAsync(request, cancellationToken);
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        inner.ReadAsync(topic, after, maxEvents, cancellationToken);

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        inner.GetStatesAsync(topics, cancellationToken);

    public async ValueTask CompleteAsync(string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken)
    {
        await StandAsync();
        await inner.CompleteAsync(topic, status, expectedEpoch, cancellationToken);
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        inner.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public IDisposable Subscribe(Action<string?> topicChanged) => inner.Subscribe(topicChanged);

    public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        inner.TryAcquireLeaseAsync(topic, owner, duration, cancellationToken);

    public ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) => inner.TryRenewLeasesAsync(leases, cancellationToken);

    public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        inner.ReleaseLeaseAsync(topic, owner, cancellationToken);

    // No token ends the wait: who stands still hears none.
    private async Task StandAsync()
    {
        if (Interlocked.Increment(ref _writes) == standsBefore)
        {
            Stands.Set();
            await GoesOn.WaitAsync();
        }
    }
}

namespace SseKit.PostgreSql.Tests.Infrastructure;

/// <summary>
/// The PostgreSQL store of a server that is paused right before one of its writes.
/// </summary>
internal sealed class PausedStore(PostgreSqlEventStore inner, int pauseBefore)
    : ISseEventStore, ISseTopicChangeSource, ISseLeaseStore
{
    private int _writes;

    /// <summary>Set when the server is paused.</summary>
    public Signal IsPaused { get; } = new();

    public Signal Resume { get; } = new();

    public async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        await PauseAsync();
        return await inner.AppendAsync(request, cancellationToken);
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        inner.ReadAsync(topic, after, maxEvents, cancellationToken);

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        inner.GetStatesAsync(topics, cancellationToken);

    public async ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        await PauseAsync();
        await inner.CompleteAsync(topic, status, expected, cancellationToken);
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        inner.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public IDisposable Subscribe(Action<string?> topicChanged) => inner.Subscribe(topicChanged);

    public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
        string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        inner.TryAcquireLeaseAsync(topic, owner, duration, cancellationToken);

    public ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) => inner.TryRenewLeasesAsync(leases, cancellationToken);

    public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        inner.ReleaseLeaseAsync(topic, owner, cancellationToken);

    public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) =>
        inner.GetLeaseOwnerAsync(topic, cancellationToken);

    // No token ends the wait, because a paused process runs no callbacks.
    private async Task PauseAsync()
    {
        if (Interlocked.Increment(ref _writes) == pauseBefore)
        {
            IsPaused.Set();
            await Resume.WaitAsync();
        }
    }
}

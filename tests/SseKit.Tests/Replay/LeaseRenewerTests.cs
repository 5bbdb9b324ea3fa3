using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Connections;
using SseKit.Replay.Leases;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class LeaseRenewerTests : IDisposable
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly LeaseStore _store = new();
    private readonly StreamRuntime _runtime;
    private readonly LeaseRenewer _renewer;

    public LeaseRenewerTests()
    {
        _runtime = new StreamRuntime(new SseOptions(), _time, NullLoggerFactory.Instance, meters: null, CancellationToken.None);
        _renewer = new LeaseRenewer(_store, _runtime);
    }

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Leases_due_together_are_renewed_in_one_call()
    {
        TopicLease first = await AcquireAsync("a");
        _time.Advance(TimeSpan.FromSeconds(4));
        TopicLease second = await AcquireAsync("b");
        TopicLease longer = await AcquireAsync("c", Duration * 10);

        Renewal renewal = await AdvanceToRenewalAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(["a", "b"], renewal.Topics.Order());
        renewal.Answer(SseLeaseRenewalResult.Renewed);
        Assert.False(first.IsLost || second.IsLost || longer.IsLost);
    }

    [Fact]
    public async Task A_request_to_a_hanging_store_is_retried()
    {
        TopicLease lease = await AcquireAsync("a");
        await AdvanceToRenewalAsync(Duration / 3);

        // Advances to the deadline. A third of the lease is left for the retry, which follows at once.
        _time.Advance(Duration / 3);
        Renewal again = await AdvanceToRenewalAsync(TimeSpan.FromMilliseconds(5));
        again.Answer(SseLeaseRenewalResult.Renewed);
        await _time.TimerArmedAsync(Duration);
        _time.Advance(Duration / 3);

        Assert.False(lease.IsLost);
    }

    [Fact]
    public async Task A_locked_lease_is_retried_until_it_expires()
    {
        TopicLease locked = await AcquireAsync("locked");
        TopicLease free = await AcquireAsync("free");
        Renewal renewal = await AdvanceToRenewalAsync(Duration / 3);
        renewal.Answer([.. renewal.Topics.Select(topic => topic == "locked" ? SseLeaseRenewalResult.Busy : SseLeaseRenewalResult.Renewed)]);

        renewal = await AdvanceToRenewalAsync(Duration / 10);
        Assert.Equal(["locked"], renewal.Topics);
        renewal.Answer(SseLeaseRenewalResult.Busy);
        Assert.False(locked.IsLost);
        await TestTimeout.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return locked.IsLost || free.IsLost;
        });

        Assert.True(locked.IsLost);
        Assert.False(free.IsLost);
    }

    [Fact]
    public async Task A_lease_of_another_owner_is_lost_at_once()
    {
        TopicLease lost = await AcquireAsync("lost");
        TopicLease held = await AcquireAsync("held");
        Renewal renewal = await AdvanceToRenewalAsync(Duration / 3);

        renewal.Answer([.. renewal.Topics.Select(topic => topic == "lost" ? SseLeaseRenewalResult.Lost : SseLeaseRenewalResult.Renewed)]);

        await TestTimeout.UntilAsync(() => lost.IsLost);
        Assert.False(held.IsLost);
    }

    private async Task<TopicLease> AcquireAsync(string topic, TimeSpan? duration = null) => (await TopicLease.TryAcquireAsync(
        _store, _renewer, new SseLeaseRenewal { Topic = topic, Owner = "owner", Duration = duration ?? Duration }, _time,
        CancellationToken.None))!;

    private async Task<Renewal> AdvanceToRenewalAsync(TimeSpan by)
    {
        await _time.TimerArmedAsync(by);
        _time.Advance(by);
        return await _store.NextRenewalAsync();
    }

    private sealed class Renewal(IReadOnlyList<SseLeaseRenewal> leases)
    {
        private readonly TaskCompletionSource<IReadOnlyList<SseLeaseRenewalResult>> _results = new(
            TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<string> Topics => leases.Select(lease => lease.Topic);

        public Task<IReadOnlyList<SseLeaseRenewalResult>> Results => _results.Task;

        public void Answer(SseLeaseRenewalResult all) => Answer([.. leases.Select(_ => all)]);

        public void Answer(SseLeaseRenewalResult[] results) => _results.SetResult(results);
    }

    private sealed class LeaseStore : ISseLeaseStore
    {
        private readonly ConcurrentQueue<Renewal> _renewals = new();

        public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
            string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
            ValueTask.FromResult(SseLeaseResult.Granted);

        public async ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
            IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken)
        {
            var renewal = new Renewal(leases);
            _renewals.Enqueue(renewal);
            return await renewal.Results.WaitAsync(cancellationToken);
        }

        public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) => default;

        public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) => default;

        public async Task<Renewal> NextRenewalAsync()
        {
            Renewal? renewal = null;
            await TestTimeout.UntilAsync(() => _renewals.TryDequeue(out renewal));
            return renewal!;
        }
    }
}

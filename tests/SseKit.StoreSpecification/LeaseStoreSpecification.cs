namespace SseKit.StoreSpecification;

/// <summary>What <see cref="ISseLeaseStore"/> promises, as tests. Each test has a store of its own, and that store as another server sees it.</summary>
public abstract class LeaseStoreSpecification : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private ISseLeaseStore? _store;
    private ISseLeaseStore? _other;

    private ISseLeaseStore Store => _store ?? throw new InvalidOperationException("The store is made in InitializeAsync, which xunit calls.");

    private ISseLeaseStore Other => _other ?? throw new InvalidOperationException("The store is opened in InitializeAsync, which xunit calls.");

    /// <summary>Ends a test that hangs.</summary>
    protected CancellationToken TimeLimit { get; } = new CancellationTokenSource(Patience).Token;

    /// <inheritdoc/>
    public virtual async Task InitializeAsync()
    {
        _store = await CreateStoreAsync();
        _other = await OpenForAnotherServerAsync(_store);
    }

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        foreach (ISseLeaseStore? store in (ISseLeaseStore?[])[_other, _store])
        {
            if (store is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync();
            }
            else
            {
                (store as IDisposable)?.Dispose();
            }
        }
    }

    /// <summary>Makes a store without leases.</summary>
    protected abstract ValueTask<ISseLeaseStore> CreateStoreAsync();

    /// <summary>Opens what a store holds for another server, which shares nothing else with the first one.</summary>
    protected abstract ValueTask<ISseLeaseStore> OpenForAnotherServerAsync(ISseLeaseStore store);

    [Fact]
    public async Task A_lease_has_one_owner()
    {
        Assert.Equal(SseLeaseResult.Granted, await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit));

        Assert.Equal(SseLeaseResult.Refused, await Store.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("another topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task Of_all_who_try_at_once_one_gets_it()
    {
        for (int i = 0; i < 10; i++)
        {
            SseLeaseResult[] taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
                await (number % 2 == 0 ? Store : Other).TryAcquireLeaseAsync($"topic {i}", $"owner {number}", Long, TimeLimit))));

            Assert.Single(taken, each => each == SseLeaseResult.Granted);
            Assert.Equal(taken.Length - 1, taken.Count(each => each == SseLeaseResult.Refused));
        }
    }

    [Fact]
    public async Task A_lease_that_was_given_back_is_free()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit);

        await Store.ReleaseLeaseAsync("topic", "a", TimeLimit);

        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
        Assert.Equal(SseLeaseRenewalResult.Lost, await RenewAsync(Store, "topic", "a", Long));
    }

    [Fact]
    public async Task Nobody_gives_back_what_is_anothers()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit);

        await Other.ReleaseLeaseAsync("topic", "b", TimeLimit);

        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task A_lease_ends_by_itself_and_is_then_anothers()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Short, TimeLimit);

        SseLeaseResult taken;
        while ((taken = await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit)) == SseLeaseResult.Refused)
        {
            TimeLimit.ThrowIfCancellationRequested();
        }

        Assert.Equal(SseLeaseResult.TakenOver, taken);
        Assert.Equal(SseLeaseRenewalResult.Lost, await RenewAsync(Store, "topic", "a", Long));
        Assert.Equal(SseLeaseRenewalResult.Renewed, await RenewAsync(Other, "topic", "b", Long));
    }

    [Fact]
    public async Task A_lease_that_was_taken_over_and_given_back_is_free_again()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Short, TimeLimit);
        while (await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit) == SseLeaseResult.Refused)
        {
            TimeLimit.ThrowIfCancellationRequested();
        }

        await Store.ReleaseLeaseAsync("topic", "a", TimeLimit);
        await Other.ReleaseLeaseAsync("topic", "b", TimeLimit);

        Assert.Equal(SseLeaseResult.Granted, await Store.TryAcquireLeaseAsync("topic", "c", Long, TimeLimit));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_goes_on()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Short, TimeLimit);

        Assert.Equal(SseLeaseRenewalResult.Renewed, await RenewAsync(Store, "topic", "a", Long));

        await Task.Delay(Short * 2, TimeLimit);
        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task Leases_are_renewed_together_and_each_on_its_own()
    {
        await Store.TryAcquireLeaseAsync("held", "a", Short, TimeLimit);
        await Store.TryAcquireLeaseAsync("given back", "a", Long, TimeLimit);
        await Store.ReleaseLeaseAsync("given back", "a", TimeLimit);
        await Store.TryAcquireLeaseAsync("another's", "b", Short, TimeLimit);
        await Store.TryAcquireLeaseAsync("held too", "c", Short, TimeLimit);

        IReadOnlyList<SseLeaseRenewalResult> results = await Store.TryRenewLeasesAsync(
            [
                new() { Topic = "held too", Owner = "c", Duration = Long },
                new() { Topic = "unused", Owner = "a", Duration = Long },
                new() { Topic = "given back", Owner = "a", Duration = Long },
                new() { Topic = "another's", Owner = "a", Duration = Long },
                new() { Topic = "held", Owner = "a", Duration = Long },
            ],
            TimeLimit);

        Assert.Equal(
            [
                SseLeaseRenewalResult.Renewed,
                SseLeaseRenewalResult.Lost,
                SseLeaseRenewalResult.Lost,
                SseLeaseRenewalResult.Lost,
                SseLeaseRenewalResult.Renewed,
            ],
            results);
        await Task.Delay(Short * 2, TimeLimit);
        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("held", "d", Long, TimeLimit));
        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("held too", "d", Long, TimeLimit));
        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("given back", "d", Long, TimeLimit));
        Assert.Equal(SseLeaseResult.TakenOver, await Other.TryAcquireLeaseAsync("another's", "d", Long, TimeLimit));
    }

    [Fact]
    public async Task No_leases_are_renewed_by_no_renewals() => Assert.Empty(await Store.TryRenewLeasesAsync([], TimeLimit));

    [Fact]
    public async Task Topics_of_any_name_have_leases_of_their_own()
    {
        foreach (string name in HostileText.All)
        {
            Assert.Equal(SseLeaseResult.Granted, await Store.TryAcquireLeaseAsync(name, "a", Long, TimeLimit));
        }

        foreach (string name in HostileText.All)
        {
            Assert.Equal(SseLeaseRenewalResult.Renewed, await RenewAsync(Other, name, "a", Long));
        }
    }

    [Fact]
    public async Task What_was_cancelled_before_it_began_takes_no_lease()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.TryAcquireLeaseAsync("topic", "a", Long, cancelled));

        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    private async Task<SseLeaseRenewalResult> RenewAsync(ISseLeaseStore store, string topic, string owner, TimeSpan duration) =>
        Assert.Single(await store.TryRenewLeasesAsync([new SseLeaseRenewal { Topic = topic, Owner = owner, Duration = duration }], TimeLimit));
}

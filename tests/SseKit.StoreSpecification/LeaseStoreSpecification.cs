namespace SseKit.StoreSpecification;

/// <summary>
/// The contract of <see cref="ISseLeaseStore"/>, as tests. Each test has its own store, and that store as another server sees it.
/// </summary>
public abstract class LeaseStoreSpecification : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private ISseLeaseStore? _store;
    private ISseLeaseStore? _other;

    private ISseLeaseStore Store =>
        _store ?? throw new InvalidOperationException("The store is created in InitializeAsync, which xunit calls.");

    private ISseLeaseStore Other =>
        _other ?? throw new InvalidOperationException("The store is opened in InitializeAsync, which xunit calls.");

    /// <summary>Ends a test that hangs.</summary>
    protected CancellationToken TimeLimit { get; } = new CancellationTokenSource(Limit).Token;

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

    /// <summary>Creates a store without leases.</summary>
    protected abstract ValueTask<ISseLeaseStore> CreateStoreAsync();

    /// <summary>Opens a store's data for another server, which shares nothing else with the first one.</summary>
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
    public async Task One_of_several_concurrent_owners_gets_a_lease()
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
    public async Task A_released_lease_is_free()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit);

        await Store.ReleaseLeaseAsync("topic", "a", TimeLimit);

        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
        Assert.Equal(SseLeaseRenewalResult.Lost, await RenewAsync(Store, "topic", "a", Long));
    }

    [Fact]
    public async Task Only_its_owner_releases_a_lease()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit);

        await Other.ReleaseLeaseAsync("topic", "b", TimeLimit);

        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task An_expired_lease_can_be_taken_over()
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
    public async Task A_lease_taken_over_and_released_is_free()
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
    public async Task A_renewed_lease_does_not_expire()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Short, TimeLimit);

        Assert.Equal(SseLeaseRenewalResult.Renewed, await RenewAsync(Store, "topic", "a", Long));

        await Task.Delay(Short * 2, TimeLimit);
        Assert.Equal(SseLeaseResult.Refused, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task Leases_renewed_together_have_separate_results()
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
    public async Task Every_server_reads_the_owner_of_a_lease()
    {
        Assert.Null(await Store.GetLeaseOwnerAsync("topic", TimeLimit));
        await Store.TryAcquireLeaseAsync("topic", "a", Long, TimeLimit);

        Assert.Equal("a", await Store.GetLeaseOwnerAsync("topic", TimeLimit));
        Assert.Equal("a", await Other.GetLeaseOwnerAsync("topic", TimeLimit));
        Assert.Null(await Other.GetLeaseOwnerAsync("another topic", TimeLimit));

        await Store.ReleaseLeaseAsync("topic", "a", TimeLimit);
        Assert.Null(await Other.GetLeaseOwnerAsync("topic", TimeLimit));
    }

    [Fact]
    public async Task An_expired_lease_has_no_owner_until_it_is_renewed()
    {
        await Store.TryAcquireLeaseAsync("topic", "a", Short, TimeLimit);
        while (await Other.GetLeaseOwnerAsync("topic", TimeLimit) is not null)
        {
            TimeLimit.ThrowIfCancellationRequested();
        }

        await RenewAsync(Store, "topic", "a", Long);

        Assert.Equal("a", await Other.GetLeaseOwnerAsync("topic", TimeLimit));
    }

    [Fact]
    public async Task Reading_the_owner_of_a_lease_takes_nothing()
    {
        await Store.GetLeaseOwnerAsync("topic", TimeLimit);

        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    [Fact]
    public async Task An_empty_renewal_renews_no_lease() => Assert.Empty(await Store.TryRenewLeasesAsync([], TimeLimit));

    [Fact]
    public async Task Topics_of_any_name_have_separate_leases()
    {
        foreach (string name in HostileText.All)
        {
            Assert.Equal(SseLeaseResult.Granted, await Store.TryAcquireLeaseAsync(name, "a", Long, TimeLimit));
        }

        foreach (string name in HostileText.All)
        {
            Assert.Equal("a", await Other.GetLeaseOwnerAsync(name, TimeLimit));
            Assert.Equal(SseLeaseRenewalResult.Renewed, await RenewAsync(Other, name, "a", Long));
        }
    }

    [Fact]
    public async Task A_call_cancelled_before_it_begins_takes_no_lease()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.TryAcquireLeaseAsync("topic", "a", Long, cancelled));

        Assert.Equal(SseLeaseResult.Granted, await Other.TryAcquireLeaseAsync("topic", "b", Long, TimeLimit));
    }

    private async Task<SseLeaseRenewalResult> RenewAsync(ISseLeaseStore store, string topic, string owner, TimeSpan duration) =>
        Assert.Single(
            await store.TryRenewLeasesAsync([new SseLeaseRenewal { Topic = topic, Owner = owner, Duration = duration }], TimeLimit));
}

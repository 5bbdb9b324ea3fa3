using SseKit.Redis.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.Redis.Tests;

public sealed class RedisLeaseSpecification : LeaseStoreSpecification
{
    private TestStores? _stores;

    public override async Task InitializeAsync()
    {
        _stores = new TestStores(await RedisServer.SharedAsync());
        await base.InitializeAsync();
    }

    protected override ValueTask<ISseLeaseStore> CreateStoreAsync() => ValueTask.FromResult<ISseLeaseStore>(_stores!.Open());

    protected override ValueTask<ISseLeaseStore> OpenForAnotherServerAsync(ISseLeaseStore store) =>
        ValueTask.FromResult<ISseLeaseStore>(_stores!.Open());
}

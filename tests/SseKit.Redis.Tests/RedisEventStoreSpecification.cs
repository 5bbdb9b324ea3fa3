using SseKit.Redis.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.Redis.Tests;

public sealed class RedisEventStoreSpecification : SharedEventStoreSpecification
{
    private TestStores? _stores;

    public override async Task InitializeAsync()
    {
        _stores = new TestStores(await RedisServer.SharedAsync());
        await base.InitializeAsync();
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(_stores!.Open());

    protected override async ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store)
    {
        await DisposeAsync(store);
        return _stores!.Open();
    }

    protected override ValueTask<ISseEventStore> OpenForAnotherServerAsync(ISseEventStore store) =>
        ValueTask.FromResult<ISseEventStore>(_stores!.Open());

    protected override async ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence) =>
        await _stores!.ExpireAsync((RedisEventStore)store, topic, throughSequence, TimeLimit);
}

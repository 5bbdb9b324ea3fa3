using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The store that fails over in tests fulfils the contract of all stores.</summary>
public sealed class ForkingEventStoreTests : EventStoreSpecification
{
    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(new ForkingEventStore());

    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence)
    {
        ((ForkingEventStore)store).Expire(topic, throughSequence);
        return default;
    }
}

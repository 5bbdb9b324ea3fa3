using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The store that fails over in tests does so as the contract requires.</summary>
public sealed class ForkingEventStoreFailoverTests : FailoverEventStoreSpecification
{
    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(new ForkingEventStore());

    protected override ValueTask FailOverAsync(ISseEventStore store, IReadOnlyDictionary<string, int> losses)
    {
        ((ForkingEventStore)store).FailOver([.. losses.Select(each => (each.Key, each.Value))]);
        return default;
    }
}

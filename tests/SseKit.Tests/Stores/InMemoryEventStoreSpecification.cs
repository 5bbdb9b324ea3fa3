using SseKit.Stores.InMemory;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>The memory store fulfils the contract of all stores.</summary>
public sealed class InMemoryEventStoreSpecification : EventStoreSpecification
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new();

    protected override ValueTask<ISseEventStore> CreateStoreAsync()
    {
        var options = new SseInMemoryEventStoreOptions { MaxEventsPerTopic = 10_000, MaxBytesPerTopic = 20_000_000, MaxAge = MaxAge };
        return ValueTask.FromResult<ISseEventStore>(new InMemoryEventStore(options, _time));
    }

    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence)
    {
        _time.Advance(MaxAge);
        return ValueTask.CompletedTask;
    }
}

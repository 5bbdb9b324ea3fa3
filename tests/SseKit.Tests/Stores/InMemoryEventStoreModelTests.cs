using SseKit.Stores.InMemory;

namespace SseKit.Tests.Stores;

public sealed class InMemoryEventStoreModelTests : EventStoreModelTests
{
    private protected override ISseEventStore Create(TimeProvider time) =>
        new InMemoryEventStore(new SseInMemoryEventStoreOptions { MaxEventsPerTopic = MaxEvents, MaxAge = MaxAge }, time);
}

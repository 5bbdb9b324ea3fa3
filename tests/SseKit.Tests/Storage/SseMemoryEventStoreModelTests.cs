using SseKit.Storage;

namespace SseKit.Tests.Storage;

public sealed class SseMemoryEventStoreModelTests : EventStoreModelTests
{
    private protected override ISseEventStore Create(TimeProvider time) =>
        new SseMemoryEventStore(new SseInMemoryEventStoreOptions { MaxEventsPerTopic = MaxEvents, MaxAge = MaxAge }, time);
}

namespace SseKit.Stores;

/// <summary>Short forms of a store's methods.</summary>
internal static class EventStoreExtensions
{
    public static async ValueTask<SseTopicState> GetStateAsync(
        this ISseEventStore store, string topic, CancellationToken cancellationToken) =>
        (await store.GetStatesAsync([topic], cancellationToken))[0];
}

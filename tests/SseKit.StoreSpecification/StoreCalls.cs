namespace SseKit.StoreSpecification;

/// <summary>Short forms of a store's methods, for tests.</summary>
internal static class StoreCalls
{
    public static ValueTask<SseAppendResult> AppendAsync(
        this ISseEventStore store,
        string topic,
        ReadOnlyMemory<byte> payload,
        string? idempotencyKey,
        string? expectedEpoch,
        CancellationToken cancellationToken) =>
        store.AppendAsync(Request(topic, [payload], idempotencyKey, expectedEpoch), cancellationToken);

    public static async ValueTask<SseTopicState> GetStateAsync(
        this ISseEventStore store, string topic, CancellationToken cancellationToken) =>
        Assert.Single(await store.GetStatesAsync([topic], cancellationToken));

    public static SseAppendRequest Request(
        string topic, IReadOnlyList<ReadOnlyMemory<byte>> payloads, string? idempotencyKey = null, string? expectedEpoch = null) =>
        new() { Topic = topic, Payloads = payloads, IdempotencyKey = idempotencyKey, ExpectedEpoch = expectedEpoch };
}

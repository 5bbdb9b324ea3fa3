using SseKit.Stores.InMemory;

namespace SseKit.Tests.Topics;

/// <summary>A memory store of which a test overrides what has to go otherwise.</summary>
internal abstract class ForwardingStore : ISseEventStore
{
    private readonly InMemoryEventStore _store = new(new SseInMemoryEventStoreOptions(), TimeProvider.System);

    public virtual ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken) =>
        _store.AppendAsync(topic, payload, idempotencyKey, expectedEpoch, cancellationToken);

    public virtual ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        _store.ReadAsync(topic, after, maxEvents, cancellationToken);

    public virtual ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken) =>
        _store.GetStateAsync(topic, cancellationToken);

    public virtual ValueTask CompleteAsync(string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken) =>
        _store.CompleteAsync(topic, status, expectedEpoch, cancellationToken);

    public virtual ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) => _store.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public virtual IDisposable Subscribe(Action<string?> topicChanged) => _store.Subscribe(topicChanged);
}

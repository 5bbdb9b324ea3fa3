using SseKit.Stores.InMemory;

namespace SseKit.Tests.Topics;

/// <summary>A memory store whose methods a test can override.</summary>
internal abstract class ForwardingStore : ISseEventStore, ISseTopicChangeSource
{
    private readonly InMemoryEventStore _store = new(new SseInMemoryEventStoreOptions(), TimeProvider.System);

    public virtual ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        _store.AppendAsync(request, cancellationToken);

    public virtual ValueTask<SseReadResult> ReadAsync(
        string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        _store.ReadAsync(topic, after, maxEvents, cancellationToken);

    public virtual ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(
        IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        _store.GetStatesAsync(topics, cancellationToken);

    public virtual ValueTask CompleteAsync(
        string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        _store.CompleteAsync(topic, status, expected, cancellationToken);

    public virtual ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        _store.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public virtual IDisposable Subscribe(Action<string?> topicChanged) => _store.Subscribe(topicChanged);
}

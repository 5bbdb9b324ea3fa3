using System.Collections.Concurrent;
using SseKit.Stores;

namespace SseKit.Tests.Faults;

/// <summary>
/// A store around the store, as an app may have for its own logs or metrics. For topics of some streams it throws, once for each of its
/// methods: before the inner call, or when that is done.
/// </summary>
internal sealed class FaultyStore(ISseEventStore inner) : ISseEventStore, ISseTopicChangeSource, IFollowerAware
{
    private readonly ConcurrentDictionary<string, FaultyCase> _streams = new();
    private readonly ConcurrentDictionary<(string Topic, string Method), int> _calls = new();

    /// <summary>Throws for the topics of this stream, if that is its fault.</summary>
    public void Expect(FaultyCase stream)
    {
        foreach (string topic in stream.Topics)
        {
            _streams.TryAdd(topic, stream);
        }
    }

    public async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        Action after = Before(request.Topic, nameof(AppendAsync));
        SseAppendResult result = await inner.AppendAsync(request, cancellationToken);
        after();
        return result;
    }

    public async ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        Action throwAfter = Before(topic, nameof(ReadAsync));
        SseReadResult page = await inner.ReadAsync(topic, after, maxEvents, cancellationToken);
        throwAfter();
        return page;
    }

    // If a request reads the store first, its client is refused. This model does not test that.
    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        inner.GetStatesAsync(topics, cancellationToken);

    public async ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        Action after = Before(topic, nameof(CompleteAsync));
        await inner.CompleteAsync(topic, status, expected, cancellationToken);
        after();
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        inner.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public void UseFollowers(Func<string, bool> isFollowed) => (inner as IFollowerAware)?.UseFollowers(isFollowed);

    public IDisposable Subscribe(Action<string?> topicChanged) => ((ISseTopicChangeSource)inner).Subscribe(topicChanged);

    private Action Before(string topic, string method)
    {
        if (!_streams.TryGetValue(topic, out FaultyCase? stream) || _calls.AddOrUpdate((topic, method), 1, (_, calls) => calls + 1) != 1)
        {
            return () => { };
        }

        stream.ThrowIf(Fault.StoreBefore);
        return () => stream.ThrowIf(Fault.StoreAfter);
    }
}

using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Dashboard.Tests.Infrastructure;

/// <summary>The app's in-memory store, with code of a test around reads of states.</summary>
internal sealed class HookedStore : ISseEventStore, ISseTopicChangeSource
{
    private ISseEventStore _inner = null!;

    /// <summary>Runs before the states of topics are read.</summary>
    public Func<CancellationToken, Task>? BeforeStates { get; set; }

    /// <summary>Changes the states that are read.</summary>
    public Func<SseTopicState, SseTopicState> ChangeState { get; set; } = state => state;

    /// <summary>Takes the place of the store that is registered.</summary>
    public void Wrap(IServiceCollection services)
    {
        ServiceDescriptor inner = services.Last(service => service.ServiceType == typeof(ISseEventStore));
        services.AddSingleton<ISseEventStore>(provider =>
        {
            _inner = (ISseEventStore)(inner.ImplementationInstance ?? inner.ImplementationFactory!(provider));
            return this;
        });
    }

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        _inner.AppendAsync(request, cancellationToken);

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        _inner.ReadAsync(topic, after, maxEvents, cancellationToken);

    public async ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        if (BeforeStates is { } before)
        {
            await before(cancellationToken);
        }

        return [.. (await _inner.GetStatesAsync(topics, cancellationToken)).Select(ChangeState)];
    }

    public ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        _inner.CompleteAsync(topic, status, expected, cancellationToken);

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        _inner.DeleteAsync(topic, expectedEpoch, cancellationToken);

    public IDisposable Subscribe(Action<string?> topicChanged) => ((ISseTopicChangeSource)_inner).Subscribe(topicChanged);
}

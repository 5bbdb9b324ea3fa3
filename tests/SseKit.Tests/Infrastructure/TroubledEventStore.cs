namespace SseKit.Tests.Infrastructure;

/// <summary>A store with an outage on demand, and with places where a test can hold a caller up.</summary>
internal sealed class TroubledEventStore(ISseEventStore inner) : ISseEventStore
{
    private volatile Exception? _outage;
    private int _refusals;

    /// <summary>How many calls met the outage.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    /// <summary>Runs after an append is done and before its caller hears of it.</summary>
    public Func<Task>? AfterAppend { get; set; }

    /// <summary>Runs before a topic's state is looked up.</summary>
    public Func<Task>? BeforeGetState { get; set; }

    /// <summary>Runs before events are read.</summary>
    public Func<Task>? BeforeRead { get; set; }

    /// <summary>Every call fails from now on.</summary>
    public void Break(Exception? outage = null) => _outage = outage ?? new IOException("The disk is on fire.");

    public void Repair() => _outage = null;

    public async ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        SseAppendResult appended = await inner.AppendAsync(topic, payload, idempotencyKey, expectedEpoch, cancellationToken);
        if (AfterAppend is { } after)
        {
            await after();
        }

        return appended;
    }

    public async ValueTask<SseStorePage> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        if (BeforeRead is { } before)
        {
            await before();
        }

        ThrowIfBroken();
        return await inner.ReadAsync(topic, after, maxEvents, cancellationToken);
    }

    public async ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken)
    {
        if (BeforeGetState is { } before)
        {
            await before();
        }

        ThrowIfBroken();
        return await inner.GetStateAsync(topic, cancellationToken);
    }

    public ValueTask CompleteAsync(string topic, SseTopicCompletion completion, string? expectedEpoch, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        return inner.CompleteAsync(topic, completion, expectedEpoch, cancellationToken);
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        return inner.DeleteAsync(topic, expectedEpoch, cancellationToken);
    }

    public IDisposable Subscribe(Action<string?> topicChanged) => inner.Subscribe(topicChanged);

    private void ThrowIfBroken()
    {
        if (_outage is { } outage)
        {
            Interlocked.Increment(ref _refusals);
            throw outage;
        }
    }
}

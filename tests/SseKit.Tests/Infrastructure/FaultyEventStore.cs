using SseKit.Stores;

namespace SseKit.Tests.Infrastructure;

/// <summary>A store with an outage on demand, and with hooks where a test can delay a caller.</summary>
internal sealed class FaultyEventStore(ISseEventStore inner) : ISseEventStore, ISseTopicChangeSource, ISseTopicLimits, IFollowerAware
{
    private volatile Exception? _outage;
    private int _refusals;

    /// <summary>The number of calls that failed by the outage.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    /// <summary>Runs after an append is done and before its caller gets the result.</summary>
    public Func<Task>? AfterAppend { get; set; }

    /// <summary>Runs after a completion or deletion is done and before its caller gets the result.</summary>
    public Action? AfterChange { get; set; }

    /// <summary>
    /// Runs before a change is stored, as a flush does: a caller's token ends the caller's wait, and not the change.
    /// </summary>
    public Func<Task>? Flush { get; set; }

    /// <summary>Runs before the states of topics are read.</summary>
    public Func<Task>? BeforeGetState { get; set; }

    /// <summary>Runs before events are read.</summary>
    public Func<Task>? BeforeRead { get; set; }

    public bool ReceivesNotifications { get; set; } = true;

    public long MaxEventsPerTopic => (inner as ISseTopicLimits)?.MaxEventsPerTopic ?? long.MaxValue;

    public long MaxBytesPerTopic => (inner as ISseTopicLimits)?.MaxBytesPerTopic ?? long.MaxValue;

    /// <summary>Makes every call fail from now on.</summary>
    public void Break(Exception? outage = null) => _outage = outage ?? new IOException("The disk has failed.");

    public void Repair() => _outage = null;

    public async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        SseAppendResult appended = await FlushAsync(
            () => inner.AppendAsync(request, CancellationToken.None).AsTask(), cancellationToken);
        if (AfterAppend is { } after)
        {
            await after();
        }

        return appended;
    }

    public async ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        if (BeforeRead is { } before)
        {
            await before();
        }

        ThrowIfBroken();
        return await inner.ReadAsync(topic, after, maxEvents, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        if (BeforeGetState is { } before)
        {
            await before();
        }

        ThrowIfBroken();
        return await inner.GetStatesAsync(topics, cancellationToken);
    }

    public async ValueTask CompleteAsync(
        string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        await FlushAsync(
            async () =>
            {
                await inner.CompleteAsync(topic, status, expected, CancellationToken.None);
                return true;
            },
            cancellationToken);
        AfterChange?.Invoke();
    }

    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        await FlushAsync(
            async () =>
            {
                await inner.DeleteAsync(topic, expectedEpoch, CancellationToken.None);
                return true;
            },
            cancellationToken);
        AfterChange?.Invoke();
    }

    public void UseFollowers(Func<string, bool> isFollowed) => (inner as IFollowerAware)?.UseFollowers(isFollowed);

    public IDisposable Subscribe(Action<string?> topicChanged) => ((ISseTopicChangeSource)inner).Subscribe(topicChanged);

    private Task<T> FlushAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Flush is { } flush ? ChangeAsync().WaitAsync(cancellationToken) : change();

        async Task<T> ChangeAsync()
        {
            await flush();
            return await change();
        }
    }

    private void ThrowIfBroken()
    {
        if (_outage is { } outage)
        {
            Interlocked.Increment(ref _refusals);
            throw outage;
        }
    }
}

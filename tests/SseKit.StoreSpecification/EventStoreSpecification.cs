using System.Globalization;
using System.Text;

namespace SseKit.StoreSpecification;

/// <summary>
/// The contract of <see cref="ISseEventStore"/>, as tests. Derive a class, override the methods that create a store, and run it with xunit.
/// Each test has its own store.
/// </summary>
public abstract partial class EventStoreSpecification : IAsyncLifetime
{
    // The bound turns a hang into a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private ISseEventStore? _store;

    /// <summary>The store of this test.</summary>
    protected ISseEventStore Store =>
        _store ?? throw new InvalidOperationException("The store is created in InitializeAsync, which xunit calls.");

    /// <summary>Ends a test that hangs.</summary>
    protected CancellationToken TimeLimit { get; } = new CancellationTokenSource(Limit).Token;

    /// <inheritdoc/>
    public virtual async Task InitializeAsync() => _store = await CreateStoreAsync();

    /// <inheritdoc/>
    public virtual async Task DisposeAsync() => await DisposeAsync(_store);

    /// <summary>Creates a store without topics. Its bounds allow at least 10,000 events and 20 MB.</summary>
    protected abstract ValueTask<ISseEventStore> CreateStoreAsync();

    /// <summary>
    /// Makes the store's retention delete a topic's events through this one, as age or size would. It may also delete later events and
    /// those of other topics.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="throughSequence">The last event that must be deleted.</param>
    protected abstract ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence);

    /// <summary>Ends the use of a store.</summary>
    protected static async ValueTask DisposeAsync(ISseEventStore? store)
    {
        if (store is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync();
        }
        else
        {
            (store as IDisposable)?.Dispose();
        }
    }

    private protected static ReadOnlyMemory<byte> Payload(string text) => Encoding.UTF8.GetBytes(text);

    private protected static ReadOnlyMemory<byte> Payload(int number) => Payload(number.ToString(CultureInfo.InvariantCulture));

    private protected static string Text(SseStoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    private protected static IEnumerable<long> Numbers(long first, long last)
    {
        for (long number = first; number <= last; number++)
        {
            yield return number;
        }
    }

    private protected async ValueTask<SsePosition> AppendAsync(string topic, string text, string? key = null) =>
        (await Store.AppendAsync(topic, Payload(text), key, null, TimeLimit)).Position;

    // Appends the events "1", "2", … and returns the position before the first.
    private protected async Task<SsePosition> AppendNumbersAsync(string topic, int count)
    {
        SsePosition start = (await StateAsync(topic)).Latest;
        for (int i = 1; i <= count; i++)
        {
            await Store.AppendAsync(topic, Payload(i), null, null, TimeLimit);
        }

        return start;
    }

    private protected ValueTask<SseTopicState> StateAsync(string topic) => Store.GetStateAsync(topic, TimeLimit);

    private protected ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents = 100) =>
        Store.ReadAsync(topic, after, maxEvents, TimeLimit);

    private protected Task<List<SseStoredEvent>> ReadAllAsync(string topic, SsePosition after, int pageSize = 100) =>
        ReadAllAsync(Store, topic, after, pageSize);

    private protected async Task<List<SseStoredEvent>> ReadAllAsync(
        ISseEventStore store, string topic, SsePosition after, int pageSize = 100)
    {
        var events = new List<SseStoredEvent>();
        while (true)
        {
            SseReadResult page = await store.ReadAsync(topic, after, pageSize, TimeLimit);
            Assert.Equal(SseReadStatus.Ok, page.Status);
            Assert.InRange(page.Events.Count, 0, pageSize);
            if (page.Events.Count == 0)
            {
                return events;
            }

            Assert.Equal(Numbers(after.Sequence + 1, after.Sequence + page.Events.Count), page.Events.Select(each => each.Sequence));
            events.AddRange(page.Events);
            after = after with { Sequence = page.Events[^1].Sequence };
        }
    }

    private protected async Task<List<SseStoredEvent>> ReadAllAsync(string topic, int pageSize = 100)
    {
        SseTopicState state = await StateAsync(topic);
        return await ReadAllAsync(topic, state.Latest with { Sequence = state.EarliestSequence - 1 }, pageSize);
    }
}

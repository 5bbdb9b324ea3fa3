using System.Text;

namespace SseKit.StoreSpecification;

/// <summary>
/// The further contract of a store whose logs continue after a failover that has lost acknowledged events, as tests: a position before the
/// loss stays valid, and one of a lost event is unknown for ever. Each test has its own store.
/// </summary>
public abstract partial class FailoverEventStoreSpecification : IAsyncLifetime
{
    private const string Topic = "topic";
    private const int MaxForks = 8;

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
    public virtual async Task DisposeAsync()
    {
        if (_store is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync();
        }
        else
        {
            (_store as IDisposable)?.Dispose();
        }
    }

    /// <summary>Creates a store without topics.</summary>
    protected abstract ValueTask<ISseEventStore> CreateStoreAsync();

    /// <summary>
    /// Lets another history take over, in which the last events of topics are missing. A topic that loses all its events has never begun in
    /// it. The store is used further.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="losses">How many events each topic loses; empty for none.</param>
    protected abstract ValueTask FailOverAsync(ISseEventStore store, IReadOnlyDictionary<string, int> losses);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_position_before_the_fork_stays_valid(long sequence)
    {
        SsePosition lost = await AppendAsync(9);
        await FailOverAsync(4);
        SsePosition first = await AppendAsync(1, "new");

        SseReadResult page = await ReadAsync(lost with { Sequence = sequence });

        Assert.NotEqual(lost.Epoch, first.Epoch);
        Assert.Equal(6, first.Sequence);
        Assert.Equal(SseReadStatus.Ok, page.Status);
        Assert.Equal([.. Numbers((int)sequence + 1, 5), "new 1"], page.Events.Select(Text));
        Assert.Equal(Enumerable.Range((int)sequence + 1, 6 - (int)sequence), page.Events.Select(each => (int)each.Sequence));
        Assert.Equal(first, page.State.Latest);
        Assert.Equal([lost with { Sequence = 5 }], page.State.Forks);
        Assert.Equal(page.State, await StateAsync());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(-1)]
    public async Task A_position_beyond_the_fork_is_unknown(long sequence)
    {
        SsePosition lost = await AppendAsync(9);
        await FailOverAsync(4);
        await AppendAsync(1, "new");

        SseReadResult page = await ReadAsync(lost with { Sequence = sequence });

        Assert.Equal(SseReadStatus.Unknown, page.Status);
        Assert.Empty(page.Events);
        Assert.Equal(6, page.State.Latest.Sequence);
    }

    [Fact]
    public async Task A_lost_position_is_unknown_before_the_next_append()
    {
        SsePosition lost = await AppendAsync(9);

        await FailOverAsync(4);

        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(lost)).Status);
        Assert.Equal(SseReadStatus.Ok, (await ReadAsync(lost with { Sequence = 5 })).Status);
        Assert.Equal(5, (await StateAsync()).Latest.Sequence);
    }

    [Fact]
    public async Task A_failover_without_loss_keeps_all_positions()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(0);

        await AppendAsync(1, "new");

        Assert.Equal(["new 1"], (await ReadAsync(before)).Events.Select(Text));
        Assert.Equal(["2", "3", "new 1"], (await ReadAsync(before with { Sequence = 1 })).Events.Select(Text));
    }

    [Fact]
    public async Task Several_events_of_the_first_append_are_of_the_new_epoch()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(1);

        SseAppendResult appended = await Store.AppendAsync(
            StoreCalls.Request(Topic, [Payload("a"), Payload("b"), Payload("c")]), TimeLimit);

        Assert.Equal(5, appended.Position.Sequence);
        Assert.Equal(appended.Position, (await StateAsync()).Latest);
        Assert.Equal(["a", "b", "c"], (await ReadAsync(before with { Sequence = 2 })).Events.Select(Text));
    }

    [Fact]
    public async Task The_stored_epoch_is_accepted_and_an_older_one_is_stale()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(1);

        SsePosition first = await AppendAsync(1, "new", before.Epoch);

        Assert.Equal(3, first.Sequence);
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await AppendAsync(1, "late", before.Epoch));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync(Topic, SseTopicStatus.Failed, new SsePosition(before.Epoch, 0), TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.DeleteAsync(Topic, before.Epoch, TimeLimit));
        Assert.Equal(first, (await StateAsync()).Latest);
        Assert.Equal(first with { Sequence = 4 }, await AppendAsync(1, "next", first.Epoch));
    }

    [Fact]
    public async Task A_completion_continues_the_log_too()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(1);

        await Store.CompleteAsync(Topic, SseTopicStatus.Completed, new SsePosition(before.Epoch, 0), TimeLimit);

        SseReadResult page = await ReadAsync(before with { Sequence = 2 });
        Assert.Equal(SseReadStatus.Ok, page.Status);
        Assert.Empty(page.Events);
        Assert.Equal(SseTopicStatus.Completed, page.State.Status);
        Assert.Equal(2, page.State.Latest.Sequence);
        Assert.NotEqual(before.Epoch, page.State.Latest.Epoch);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(before)).Status);
    }

    // The log has the same epoch until it changes.
    [Fact]
    public async Task A_completion_that_expects_a_lost_event_is_refused()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(1);

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync(Topic, SseTopicStatus.Completed, before, TimeLimit));
        SseTopicState refused = await StateAsync();
        await Store.CompleteAsync(Topic, SseTopicStatus.Completed, before with { Sequence = 2 }, TimeLimit);

        Assert.Equal((before with { Sequence = 2 }, SseTopicStatus.Open), (refused.Latest, refused.Status));
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task An_unchanged_completed_log_keeps_its_epoch()
    {
        SsePosition before = await AppendAsync(3);
        await Store.CompleteAsync(Topic, SseTopicStatus.Completed, null, TimeLimit);
        await FailOverAsync(0);

        await Store.CompleteAsync(Topic, SseTopicStatus.Completed, new SsePosition(before.Epoch, 0), TimeLimit);
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync(1, "late"));

        Assert.Equal(before, (await StateAsync()).Latest);
    }

    [Fact]
    public async Task A_deleted_log_has_no_forks()
    {
        SsePosition before = await AppendAsync(3);
        await FailOverAsync(1);
        await Store.DeleteAsync(Topic, before.Epoch, TimeLimit);

        await AppendAsync(2, "new");

        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(before with { Sequence = 0 })).Status);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(before with { Sequence = 2 })).Status);
    }

    [Fact]
    public async Task A_key_of_a_lost_event_can_be_used_again()
    {
        SsePosition kept = (await Store.AppendAsync(Topic, Payload("1"), "kept", null, TimeLimit)).Position;
        await Store.AppendAsync(Topic, Payload("2"), "lost", null, TimeLimit);
        await FailOverAsync(1);

        SseAppendResult again = await Store.AppendAsync(Topic, Payload("again"), "lost", null, TimeLimit);
        SseAppendResult found = await Store.AppendAsync(Topic, Payload("other"), "kept", null, TimeLimit);

        Assert.True(again.IsNew);
        Assert.Equal(2, again.Position.Sequence);
        Assert.False(found.IsNew);
        Assert.Equal(again.Position with { Sequence = 1 }, found.Position);
        Assert.Equal(["again"], (await ReadAsync(kept)).Events.Select(Text));
    }

    private protected static ReadOnlyMemory<byte> Payload(string text) => Encoding.UTF8.GetBytes(text);

    private protected static string Text(SseStoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    private protected static IEnumerable<string> Numbers(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(number => FormattableString.Invariant($"{number}"));

    private ValueTask FailOverAsync(int lost) =>
        FailOverAsync(Store, lost == 0 ? new Dictionary<string, int>() : new Dictionary<string, int> { [Topic] = lost });

    // Appends the events "1", "2", … one by one, or "name 1", …, and returns the position of the last one.
    private async Task<SsePosition> AppendAsync(int count, string? name = null, string? expectedEpoch = null)
    {
        SsePosition position = default;
        foreach (string number in Numbers(1, count))
        {
            string text = name is null ? number : $"{name} {number}";
            position = (await Store.AppendAsync(Topic, Payload(text), null, expectedEpoch, TimeLimit)).Position;
        }

        return position;
    }

    private ValueTask<SseTopicState> StateAsync() => Store.GetStateAsync(Topic, TimeLimit);

    private ValueTask<SseReadResult> ReadAsync(SsePosition after) => Store.ReadAsync(Topic, after, 100, TimeLimit);
}

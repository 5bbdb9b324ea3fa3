namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task A_call_cancelled_before_it_begins_changes_nothing()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        SseTopicState before = await StateAsync("topic");
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.AppendAsync("topic", Payload("x"), "key", null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ReadAsync("topic", start, 10, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.GetStateAsync("topic", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.DeleteAsync("topic", null, cancelled));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(4, (await AppendAsync("topic", "4", key: "key")).Sequence);
        Assert.Equal(["1", "2", "3", "4"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task Cancelled_appends_are_done_once_or_not_at_all()
    {
        const int Count = 100;
        Task<bool>[] appends = [.. Enumerable.Range(0, Count).Select(number => Task.Run(() => TryAppendAsync(number, key: null)))];

        bool[] done = await Task.WhenAll(appends);

        List<string> held = [.. (await ReadAllAsync("topic")).Select(Text)];
        Assert.Equal(held.Distinct(), held);
        Assert.Superset(
            Enumerable.Range(0, Count).Where(number => done[number]).Select(number => $"{number}").ToHashSet(), held.ToHashSet());
    }

    [Fact]
    public async Task A_cancelled_append_can_be_repeated_with_its_key()
    {
        const int Count = 50;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(number => Task.Run(() => TryAppendAsync(number, $"key {number}"))));

        for (int i = 0; i < Count; i++)
        {
            await AppendAsync("topic", $"{i}", $"key {i}");
        }

        Assert.Equal(
            Enumerable.Range(0, Count).Select(number => $"{number}").Order(StringComparer.Ordinal),
            (await ReadAllAsync("topic")).Select(Text).Order(StringComparer.Ordinal));
    }

    // A second append with the same key shows whether the first was done, and its event can be read.
    [Fact]
    public async Task A_cancelled_append_is_readable_or_was_not_done()
    {
        const int Count = 60;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(number => Task.Run(() => TryAppendAsync(number, $"key {number}"))));

        for (int i = 0; i < Count; i++)
        {
            SseTopicState before = await StateAsync("topic");
            SseAppendResult again = await Store.AppendAsync("topic", Payload(i), $"key {i}", null, TimeLimit);

            Assert.True(again.IsNew || again.Position.Sequence <= (await StateAsync("topic")).Latest.Sequence);
            Assert.True(!again.IsNew || again.Position.Sequence > before.Latest.Sequence);
            SseReadResult page = await ReadAsync("topic", again.Position with { Sequence = again.Position.Sequence - 1 }, maxEvents: 1);
            Assert.Equal($"{i}", Text(Assert.Single(page.Events)));
        }

        Assert.Equal(Count, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task A_cancelled_completion_can_be_repeated()
    {
        for (int i = 0; i < 30; i++)
        {
            string topic = $"topic {i}";
            SsePosition first = await AppendAsync(topic, "a");
            bool done = await TryAsync(i, token => Store.CompleteAsync(topic, SseTopicStatus.Completed, first, token));

            SseTopicStatus seen = (await StateAsync(topic)).Status;
            await Store.CompleteAsync(topic, SseTopicStatus.Completed, first, TimeLimit);

            Assert.True(!done || seen == SseTopicStatus.Completed);
            Assert.Equal(
                new SseTopicState { Latest = first, EarliestSequence = 1, Status = SseTopicStatus.Completed }, await StateAsync(topic));
            await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync(topic, "b"));
            Assert.Equal(["a"], (await ReadAllAsync(topic)).Select(Text));
        }
    }

    [Fact]
    public async Task A_cancelled_deletion_is_complete_or_was_not_done()
    {
        for (int i = 0; i < 30; i++)
        {
            string topic = $"topic {i}";
            SsePosition start = await AppendNumbersAsync(topic, 3);
            bool done = await TryAsync(i, token => Store.DeleteAsync(topic, null, token));

            SseReadResult page = await ReadAsync(topic, start);

            Assert.True(!done || page.Status == SseReadStatus.Unknown);
            if (page.Status == SseReadStatus.Ok)
            {
                Assert.Equal(["1", "2", "3"], page.Events.Select(Text));
            }
            else
            {
                SsePosition none = page.State.Latest with { Sequence = 0 };
                Assert.Equal(
                    new SseTopicState { Latest = none, EarliestSequence = 1, Status = SseTopicStatus.Open }, page.State);
                Assert.NotEqual(start.Epoch, page.State.Latest.Epoch);
            }
        }
    }

    [Fact]
    public async Task Cancellation_ends_only_the_call_of_its_caller()
    {
        Task<bool>[] cancelled = [.. Enumerable.Range(0, 50).Select(number => Task.Run(() => TryAppendAsync(number, key: null)))];
        var others = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(each => Task.Run(() => PublishAsync(Store, "topic", $"other {each} ", 25))));
        await Task.WhenAll(cancelled);

        List<string> held = [.. (await ReadAllAsync("topic")).Select(Text)];
        Assert.All(others.SelectMany(each => each), each => Assert.Equal(each.Text, held[(int)each.Position.Sequence - 1]));
    }

    private Task<bool> TryAppendAsync(int number, string? key) => TryAppendAsync(Store, "topic", number, key);

    private protected static Task<bool> TryAppendAsync(ISseEventStore store, string topic, int number, string? key) =>
        TryAsync(number, async token => await store.AppendAsync(topic, Payload(number), key, null, token));

    // Cancels at some moment before, during or after the change. Returns whether the change is known to be done.
    private static async Task<bool> TryAsync(int number, Func<CancellationToken, ValueTask> change)
    {
        using var cancellation = new CancellationTokenSource();
        Task changing = Task.Run(() => change(cancellation.Token).AsTask());
        if (number % 3 > 0)
        {
            await Task.Yield();
        }

        await cancellation.CancelAsync();
        try
        {
            await changing;
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task What_was_cancelled_before_it_began_leaves_nothing_behind()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        SseTopicState before = await StateAsync("topic");
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.AppendAsync("topic", Payload("x"), "key", null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ReadAsync("topic", start, 10, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.GetStateAsync("topic", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.CompleteAsync("topic", SseTopicCompletion.Completed, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.DeleteAsync("topic", null, cancelled));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(4, (await AppendAsync("topic", "4", key: "key")).Sequence);
        Assert.Equal(["1", "2", "3", "4"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task Appends_that_are_cancelled_on_the_way_are_done_once_or_not_at_all()
    {
        const int Count = 100;
        Task<bool>[] appends = [.. Enumerable.Range(0, Count).Select(number => Task.Run(() => TryAppendAsync(number, key: null)))];

        bool[] done = await Task.WhenAll(appends);

        List<string> held = [.. (await ReadAllAsync("topic")).Select(Text)];
        Assert.Equal(held.Distinct(), held);
        Assert.Superset(Enumerable.Range(0, Count).Where(number => done[number]).Select(number => $"{number}").ToHashSet(), held.ToHashSet());
    }

    [Fact]
    public async Task An_append_that_was_cancelled_is_tried_again_with_its_key()
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

    [Fact]
    public async Task One_callers_cancellation_is_nobody_elses()
    {
        Task<bool>[] cancelled = [.. Enumerable.Range(0, 50).Select(number => Task.Run(() => TryAppendAsync(number, key: null)))];
        var others = await Task.WhenAll(Enumerable.Range(0, 4).Select(each => Task.Run(() => PublishAsync(Store, "topic", $"other {each} ", 25))));
        await Task.WhenAll(cancelled);

        List<string> held = [.. (await ReadAllAsync("topic")).Select(Text)];
        Assert.All(others.SelectMany(each => each), each => Assert.Equal(each.Text, held[(int)each.Position.Sequence - 1]));
    }

    // Cancels at some moment before, within or after the append. Returns whether the append is known to be done.
    private async Task<bool> TryAppendAsync(int number, string? key)
    {
        using var cancellation = new CancellationTokenSource();
        Task<SseAppendResult> append = Task.Run(() => Store.AppendAsync("topic", Payload(number), key, null, cancellation.Token).AsTask());
        if (number % 3 > 0)
        {
            await Task.Yield();
        }

        await cancellation.CancelAsync();
        try
        {
            await append;
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

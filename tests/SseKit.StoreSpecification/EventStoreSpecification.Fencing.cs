namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task Who_expects_the_epoch_that_the_topic_has_may_change_it()
    {
        string epoch = (await StateAsync("topic")).Latest.Epoch;

        SseAppendResult first = await Store.AppendAsync("topic", Payload("a"), null, epoch, TimeLimit);
        SseAppendResult second = await Store.AppendAsync("topic", Payload("b"), "key", epoch, TimeLimit);
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, epoch, TimeLimit);
        SseTopicState completed = await StateAsync("topic");
        await Store.DeleteAsync("topic", epoch, TimeLimit);

        Assert.Equal(new SseAppendResult { Position = new SsePosition(epoch, 1), IsNew = true }, first);
        Assert.Equal(new SseAppendResult { Position = new SsePosition(epoch, 2), IsNew = true }, second);
        Assert.Equal(SseTopicStatus.Completed, completed.Status);
        Assert.NotEqual(epoch, (await StateAsync("topic")).Latest.Epoch);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task An_append_of_a_stale_epoch_is_refused_and_leaves_nothing(string? key)
    {
        string stale = await BeginAnewAsync("topic");
        await AppendAsync("topic", "new");
        SseTopicState before = await StateAsync("topic");

        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.AppendAsync("topic", Payload("late"), key, stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(["new"], (await ReadAllAsync("topic")).Select(Text));
        Assert.True((await Store.AppendAsync("topic", Payload("next"), key, before.Latest.Epoch, TimeLimit)).IsNew);
        Assert.Equal(["new", "next"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task A_topic_that_nobody_uses_is_left_so_by_those_who_expect_another_epoch()
    {
        string stale = await BeginAnewAsync("topic");
        SseTopicState before = await StateAsync("topic");

        var refusal = await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("topic", Payload("late"), null, stale, TimeLimit));
        Assert.Equal("topic", refusal.Topic);
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.DeleteAsync("topic", stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("never used", Payload("late"), null, stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(new SsePosition(before.Latest.Epoch, 1), await AppendAsync("topic", "first"));
        Assert.Equal(0, (await StateAsync("never used")).Latest.Sequence);
    }

    [Fact]
    public async Task Completing_and_deleting_with_a_stale_epoch_are_refused_and_leave_the_topic_as_it_is()
    {
        string stale = await BeginAnewAsync("topic");
        await AppendAsync("topic", "new");
        SseTopicState before = await StateAsync("topic");

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.DeleteAsync("topic", stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(2, (await AppendAsync("topic", "next")).Sequence);
    }

    // Neither may tell a late writer that his event is there.
    [Fact]
    public async Task A_stale_epoch_is_said_before_a_known_key_or_a_completion()
    {
        string stale = await BeginAnewAsync("topic");
        await AppendAsync("topic", "new", key: "key");
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.AppendAsync("topic", Payload("late"), "key", stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.AppendAsync("topic", Payload("late"), null, stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, stale, TimeLimit));
    }

    [Fact]
    public async Task A_log_whose_events_have_expired_keeps_its_epoch_for_who_expects_it()
    {
        SsePosition head = await AppendAsync("topic", "a");

        await ExpireAsync(Store, "topic", throughSequence: 1);
        SseAppendResult next = await Store.AppendAsync("topic", Payload("b"), null, head.Epoch, TimeLimit);

        Assert.Equal(head with { Sequence = 2 }, next.Position);
    }

    [Fact]
    public async Task What_writers_of_a_log_send_never_reaches_the_one_that_takes_its_place()
    {
        const int Writers = 4;
        for (int i = 0; i < 5; i++)
        {
            string topic = $"topic {i}";
            SsePosition first = await AppendAsync(topic, "old");
            Task[] writing = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(() => AppendUntilStaleAsync(topic, first.Epoch)))];
            await AppendAsync(topic, "old");

            await Store.DeleteAsync(topic, first.Epoch, TimeLimit);
            await AppendAsync(topic, "new");
            await Task.WhenAll(writing);
            await AppendAsync(topic, "new");

            Assert.Equal(["new", "new"], (await ReadAllAsync(topic)).Select(Text));
        }
    }

    // Returns the epoch of the log that is gone.
    private async Task<string> BeginAnewAsync(string topic)
    {
        SsePosition old = await AppendAsync(topic, "old");
        await Store.DeleteAsync(topic, null, TimeLimit);
        return old.Epoch;
    }

    private async Task AppendUntilStaleAsync(string topic, string epoch)
    {
        try
        {
            while (true)
            {
                await Store.AppendAsync(topic, Payload("old"), null, epoch, TimeLimit);

                // The pause leaves room in the store's bounds until the deletion comes.
                await Task.Delay(1, TimeLimit);
            }
        }
        catch (SseStaleEpochException)
        {
            // That is what it waits for.
        }
    }
}

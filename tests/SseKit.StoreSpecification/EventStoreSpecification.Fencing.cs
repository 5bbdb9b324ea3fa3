namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task A_call_with_the_current_epoch_changes_the_topic()
    {
        string epoch = (await StateAsync("topic")).Latest.Epoch;

        SseAppendResult first = await Store.AppendAsync("topic", Payload("a"), null, epoch, TimeLimit);
        SseAppendResult second = await Store.AppendAsync("topic", Payload("b"), "key", epoch, TimeLimit);
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, new SsePosition(epoch, 0), TimeLimit);
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
    public async Task An_append_with_a_stale_epoch_is_refused(string? key)
    {
        string stale = await ResetTopicAsync("topic");
        await AppendAsync("topic", "new");
        SseTopicState before = await StateAsync("topic");

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("topic", Payload("late"), key, stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(["new"], (await ReadAllAsync("topic")).Select(Text));
        Assert.True((await Store.AppendAsync("topic", Payload("next"), key, before.Latest.Epoch, TimeLimit)).IsNew);
        Assert.Equal(["new", "next"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task A_stale_epoch_leaves_an_unused_topic_unused()
    {
        string stale = await ResetTopicAsync("topic");
        SseTopicState before = await StateAsync("topic");

        var refusal = await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("topic", Payload("late"), null, stale, TimeLimit));
        Assert.Equal("topic", refusal.Topic);
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, new SsePosition(stale, 0), TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.DeleteAsync("topic", stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("never used", Payload("late"), null, stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(new SsePosition(before.Latest.Epoch, 1), await AppendAsync("topic", "first"));
        Assert.Equal(0, (await StateAsync("never used")).Latest.Sequence);
    }

    [Fact]
    public async Task Completing_and_deleting_with_a_stale_epoch_are_refused()
    {
        string stale = await ResetTopicAsync("topic");
        await AppendAsync("topic", "new");
        SseTopicState before = await StateAsync("topic");

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, new SsePosition(stale, 0), TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.DeleteAsync("topic", stale, TimeLimit));

        Assert.Equal(before, await StateAsync("topic"));
        Assert.Equal(2, (await AppendAsync("topic", "next")).Sequence);
    }

    // Neither may report to a late writer that its event is stored.
    [Fact]
    public async Task A_stale_epoch_takes_precedence_over_a_key_or_completion()
    {
        string stale = await ResetTopicAsync("topic");
        await AppendAsync("topic", "new", key: "key");
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("topic", Payload("late"), "key", stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.AppendAsync("topic", Payload("late"), null, stale, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Store.CompleteAsync("topic", SseTopicStatus.Failed, new SsePosition(stale, 0), TimeLimit));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_completion_of_a_log_that_lacks_an_event_is_refused(int events)
    {
        SsePosition latest = (await StateAsync("topic")).Latest;
        for (int i = 0; i < events; i++)
        {
            latest = await AppendAsync("topic", "a");
        }

        SseTopicState before = await StateAsync("topic");
        var refusal = await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.CompleteAsync(
            "topic", SseTopicStatus.Completed, latest with { Sequence = events + 1 }, TimeLimit));

        Assert.Equal("topic", refusal.Topic);
        Assert.Equal(before, await StateAsync("topic"));
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, latest, TimeLimit);
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync("topic")).Status);
    }

    [Fact]
    public async Task A_completion_may_expect_an_event_that_has_expired()
    {
        SsePosition first = await AppendAsync("topic", "a");
        await AppendAsync("topic", "b");
        await ExpireAsync(Store, "topic", throughSequence: 2);

        await Store.CompleteAsync("topic", SseTopicStatus.Completed, first, TimeLimit);

        Assert.Equal(SseTopicStatus.Completed, (await StateAsync("topic")).Status);
    }

    [Fact]
    public async Task A_log_keeps_its_epoch_when_its_events_expire()
    {
        SsePosition head = await AppendAsync("topic", "a");

        await ExpireAsync(Store, "topic", throughSequence: 1);
        SseAppendResult next = await Store.AppendAsync("topic", Payload("b"), null, head.Epoch, TimeLimit);

        Assert.Equal(head with { Sequence = 2 }, next.Position);
    }

    [Fact]
    public async Task Writers_of_a_deleted_log_never_write_to_its_successor()
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

    // Returns the epoch of the deleted log.
    private async Task<string> ResetTopicAsync(string topic)
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

                // The pause keeps the events within the store's bounds until the topic is deleted.
                await Task.Delay(1, TimeLimit);
            }
        }
        catch (SseStaleEpochException)
        {
            // Expected: another writer deleted the log.
        }
    }
}

namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Theory]
    [InlineData(SseTopicStatus.Completed)]
    [InlineData(SseTopicStatus.Failed)]
    [InlineData(SseTopicStatus.FailureReported)]
    public async Task A_completed_topic_has_its_status_and_keeps_its_events(SseTopicStatus status)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);

        await Store.CompleteAsync("topic", status, null, TimeLimit);

        var expected = new SseTopicState { Latest = start with { Sequence = 3 }, EarliestSequence = 1, Status = status };
        Assert.Equal(expected, await StateAsync("topic"));
        Assert.Equal(expected, (await ReadAsync("topic", start)).State);
        Assert.Equal(["1", "2", "3"], (await ReadAllAsync("topic", start)).Select(Text));
    }

    [Theory]
    [InlineData(SseTopicStatus.Completed)]
    [InlineData(SseTopicStatus.Failed)]
    [InlineData(SseTopicStatus.FailureReported)]
    public async Task A_completed_topic_refuses_appends(SseTopicStatus status)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", status, null, TimeLimit);

        var refusal = await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "4"));
        Assert.Equal("topic", refusal.Topic);
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "4", key: "key"));

        Assert.Equal(start with { Sequence = 3 }, (await StateAsync("topic")).Latest);
        Assert.Equal(3, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task The_first_completion_stays()
    {
        await Store.CompleteAsync("completed", SseTopicStatus.Completed, null, TimeLimit);
        await Store.CompleteAsync("completed", SseTopicStatus.Failed, null, TimeLimit);
        await Store.CompleteAsync("failed", SseTopicStatus.Failed, null, TimeLimit);
        await Store.CompleteAsync("failed", SseTopicStatus.Completed, null, TimeLimit);

        Assert.Equal(SseTopicStatus.Completed, (await StateAsync("completed")).Status);
        Assert.Equal(SseTopicStatus.Failed, (await StateAsync("failed")).Status);
    }

    [Fact]
    public async Task A_topic_can_be_completed_before_its_first_event()
    {
        SseTopicState before = await StateAsync("topic");

        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        Assert.Equal(before with { Status = SseTopicStatus.Completed }, await StateAsync("topic"));
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "1"));
    }

    [Fact]
    public async Task Completing_a_topic_leaves_others_open()
    {
        await Store.CompleteAsync("one", SseTopicStatus.Completed, null, TimeLimit);

        Assert.Equal(1, (await AppendAsync("two", "a")).Sequence);
        Assert.Equal(SseTopicStatus.Open, (await StateAsync("two")).Status);
    }

    [Fact]
    public async Task A_completed_topic_stays_completed_when_its_events_expire()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        await ExpireAsync(Store, "topic", throughSequence: 3);

        Assert.Equal(
            new SseTopicState { Latest = start with { Sequence = 3 }, EarliestSequence = 4, Status = SseTopicStatus.Completed },
            await StateAsync("topic"));
    }

    [Fact]
    public async Task No_event_follows_a_completion_during_concurrent_appends()
    {
        Task<int>[] publishing = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(PublishUntilCompletedAsync))];
        await AppendNumbersAsync("topic", 5);

        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);
        SsePosition head = (await StateAsync("topic")).Latest;
        int[] appended = await Task.WhenAll(publishing);

        Assert.Equal(head, (await StateAsync("topic")).Latest);
        Assert.Equal(5 + appended.Sum(), head.Sequence);
        Assert.Equal(head.Sequence, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task A_deleted_topic_gets_another_epoch()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        await Store.DeleteAsync("topic", null, TimeLimit);
        SseTopicState state = await StateAsync("topic");
        SsePosition first = await AppendAsync("topic", "new");

        Assert.NotEqual(start.Epoch, state.Latest.Epoch);
        Assert.Equal(
            new SseTopicState { Latest = state.Latest with { Sequence = 0 }, EarliestSequence = 1, Status = SseTopicStatus.Open }, state);
        Assert.Equal(state.Latest with { Sequence = 1 }, first);
        AssertUnknown(await ReadAsync("topic", start), first);
        AssertUnknown(await ReadAsync("topic", start with { Sequence = 1 }), first);
        Assert.Equal("new", Text(Assert.Single(await ReadAllAsync("topic"))));
    }

    [Fact]
    public async Task A_topic_deleted_before_its_first_event_gets_another_epoch()
    {
        SsePosition before = (await StateAsync("topic")).Latest;

        await Store.DeleteAsync("topic", null, TimeLimit);

        Assert.NotEqual(before.Epoch, (await StateAsync("topic")).Latest.Epoch);
    }

    [Fact]
    public async Task Deleting_a_topic_changes_no_other_topic()
    {
        await AppendNumbersAsync("one", 3);
        await AppendNumbersAsync("two", 3);
        SseTopicState two = await StateAsync("two");

        await Store.DeleteAsync("one", null, TimeLimit);
        await Store.DeleteAsync("one", null, TimeLimit);
        await Store.DeleteAsync("never used", null, TimeLimit);

        Assert.Equal(two, await StateAsync("two"));
        Assert.Equal(["1", "2", "3"], (await ReadAllAsync("two")).Select(Text));
    }

    private async Task<int> PublishUntilCompletedAsync()
    {
        for (int appended = 0; ; appended++)
        {
            try
            {
                // The pause keeps the events within the store's bounds until the topic is completed.
                await Store.AppendAsync("topic", Payload("x"), null, null, TimeLimit);
                await Task.Delay(1, TimeLimit);
            }
            catch (SseTopicCompletedException)
            {
                return appended;
            }
        }
    }
}

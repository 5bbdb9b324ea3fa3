namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Theory]
    [InlineData(SseTopicCompletion.Completed)]
    [InlineData(SseTopicCompletion.Failed)]
    public async Task A_completed_topic_says_so_and_keeps_its_events(SseTopicCompletion completion)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);

        await Store.CompleteAsync("topic", completion, null, TimeLimit);

        var expected = new SseTopicState(start with { Sequence = 3 }, 1, completion);
        Assert.Equal(expected, await StateAsync("topic"));
        Assert.Equal(expected, (await ReadAsync("topic", start)).State);
        Assert.Equal(["1", "2", "3"], (await ReadAllAsync("topic", start)).Select(Text));
    }

    [Theory]
    [InlineData(SseTopicCompletion.Completed)]
    [InlineData(SseTopicCompletion.Failed)]
    public async Task Nothing_can_be_appended_to_a_completed_topic(SseTopicCompletion completion)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", completion, null, TimeLimit);

        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "4"));
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "4", key: "key"));

        Assert.Equal(start with { Sequence = 3 }, (await StateAsync("topic")).Head);
        Assert.Equal(3, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task The_first_completion_stays()
    {
        await Store.CompleteAsync("completed", SseTopicCompletion.Completed, null, TimeLimit);
        await Store.CompleteAsync("completed", SseTopicCompletion.Failed, null, TimeLimit);
        await Store.CompleteAsync("failed", SseTopicCompletion.Failed, null, TimeLimit);
        await Store.CompleteAsync("failed", SseTopicCompletion.Completed, null, TimeLimit);

        Assert.Equal(SseTopicCompletion.Completed, (await StateAsync("completed")).Completion);
        Assert.Equal(SseTopicCompletion.Failed, (await StateAsync("failed")).Completion);
    }

    [Fact]
    public async Task A_topic_can_be_completed_before_its_first_event()
    {
        SseTopicState before = await StateAsync("topic");

        await Store.CompleteAsync("topic", SseTopicCompletion.Completed, null, TimeLimit);

        Assert.Equal(before with { Completion = SseTopicCompletion.Completed }, await StateAsync("topic"));
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync("topic", "1"));
    }

    [Fact]
    public async Task Completing_a_topic_leaves_others_open()
    {
        await Store.CompleteAsync("one", SseTopicCompletion.Completed, null, TimeLimit);

        Assert.Equal(1, (await AppendAsync("two", "a")).Sequence);
        Assert.Equal(SseTopicCompletion.Open, (await StateAsync("two")).Completion);
    }

    [Fact]
    public async Task A_completed_topic_whose_events_are_gone_stays_completed()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", SseTopicCompletion.Completed, null, TimeLimit);

        await ExpireAsync(Store, "topic", throughSequence: 3);

        Assert.Equal(new SseTopicState(start with { Sequence = 3 }, 4, SseTopicCompletion.Completed), await StateAsync("topic"));
    }

    [Fact]
    public async Task Nothing_follows_a_completion_that_publishers_run_into()
    {
        Task<int>[] publishing = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(PublishUntilCompletedAsync))];
        await AppendNumbersAsync("topic", 5);

        await Store.CompleteAsync("topic", SseTopicCompletion.Completed, null, TimeLimit);
        SsePosition head = (await StateAsync("topic")).Head;
        int[] appended = await Task.WhenAll(publishing);

        Assert.Equal(head, (await StateAsync("topic")).Head);
        Assert.Equal(5 + appended.Sum(), head.Sequence);
        Assert.Equal(head.Sequence, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task A_deleted_topic_begins_anew_with_another_epoch()
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);
        await Store.CompleteAsync("topic", SseTopicCompletion.Completed, null, TimeLimit);

        await Store.DeleteAsync("topic", null, TimeLimit);
        SseTopicState state = await StateAsync("topic");
        SsePosition first = await AppendAsync("topic", "new");

        Assert.NotEqual(start.Epoch, state.Head.Epoch);
        Assert.Equal(new SseTopicState(state.Head with { Sequence = 0 }, 1, SseTopicCompletion.Open), state);
        Assert.Equal(state.Head with { Sequence = 1 }, first);
        AssertUnknown(await ReadAsync("topic", start), first);
        AssertUnknown(await ReadAsync("topic", start with { Sequence = 1 }), first);
        Assert.Equal("new", Text(Assert.Single(await ReadAllAsync("topic"))));
    }

    [Fact]
    public async Task A_topic_that_is_deleted_before_its_first_event_has_another_epoch_too()
    {
        SsePosition before = (await StateAsync("topic")).Head;

        await Store.DeleteAsync("topic", null, TimeLimit);

        Assert.NotEqual(before.Epoch, (await StateAsync("topic")).Head.Epoch);
    }

    [Fact]
    public async Task Deleting_leaves_other_topics_as_they_are()
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
                // The pause leaves room in the store's bounds until the completion comes.
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

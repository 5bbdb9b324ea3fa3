namespace SseKit.StoreSpecification;

/// <summary>The further contract of a store that keeps its events when the process ends.</summary>
public abstract class DurableEventStoreSpecification : EventStoreSpecification
{
    /// <summary>Closes a store and opens its data again, as the next process would. The old object is not used afterwards.</summary>
    protected abstract ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store);

    [Fact]
    public async Task A_topic_is_kept_after_reopening()
    {
        SsePosition start = await AppendNumbersAsync("topic", 10);
        SseTopicState before = await StateAsync("topic");

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
        {
            Assert.Equal(before, await reopened.GetStateAsync("topic", TimeLimit));
            List<SseStoredEvent> events = await ReadAllAsync(reopened, "topic", start, pageSize: 4);
            Assert.Equal(Numbers(1, 10).Select(number => $"{number}"), events.Select(Text));
            Assert.Equal(
                new SseAppendResult { Position = start with { Sequence = 11 }, IsNew = true },
                await reopened.AppendAsync("topic", Payload(11), null, null, TimeLimit));
        });
    }

    [Fact]
    public async Task A_completion_is_kept_after_reopening()
    {
        await AppendNumbersAsync("topic", 2);
        await Store.CompleteAsync("topic", SseTopicStatus.Failed, null, TimeLimit);
        await Store.CompleteAsync("empty", SseTopicStatus.Completed, null, TimeLimit);

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
        {
            Assert.Equal(SseTopicStatus.Failed, (await reopened.GetStateAsync("topic", TimeLimit)).Status);
            Assert.Equal(SseTopicStatus.Completed, (await reopened.GetStateAsync("empty", TimeLimit)).Status);
            await Assert.ThrowsAsync<SseTopicCompletedException>(
                async () => await reopened.AppendAsync("topic", Payload(3), null, null, TimeLimit));
        });
    }

    [Fact]
    public async Task An_idempotency_key_is_kept_after_reopening()
    {
        SsePosition first = await AppendAsync("topic", "a", key: "key");

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
            Assert.Equal(
                new SseAppendResult { Position = first, IsNew = false },
                await reopened.AppendAsync("topic", Payload("b"), "key", null, TimeLimit)));
    }

    [Fact]
    public async Task An_epoch_is_kept_after_reopening()
    {
        SsePosition first = await AppendAsync("topic", "a");
        SsePosition gone = await AppendAsync("deleted", "a");
        await Store.DeleteAsync("deleted", null, TimeLimit);

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
        {
            SseAppendResult next = await reopened.AppendAsync("topic", Payload("b"), null, first.Epoch, TimeLimit);
            Assert.Equal(first with { Sequence = 2 }, next.Position);
            await Assert.ThrowsAsync<SseStaleEpochException>(
                async () => await reopened.AppendAsync("deleted", Payload("late"), null, gone.Epoch, TimeLimit));
        });
    }

    [Fact]
    public async Task Deletion_and_expiry_are_kept_after_reopening()
    {
        SsePosition deleted = await AppendNumbersAsync("deleted", 3);
        await Store.DeleteAsync("deleted", null, TimeLimit);
        SsePosition expired = await AppendNumbersAsync("expired", 3);
        await ExpireAsync(Store, "expired", throughSequence: 3);

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
        {
            Assert.NotEqual(deleted.Epoch, (await reopened.GetStateAsync("deleted", TimeLimit)).Latest.Epoch);
            Assert.Equal(
                new SseTopicState { Latest = expired with { Sequence = 3 }, EarliestSequence = 4, Status = SseTopicStatus.Open },
                await reopened.GetStateAsync("expired", TimeLimit));
        });
    }

    [Fact]
    public async Task Hostile_names_and_payloads_are_kept_after_reopening()
    {
        foreach (string name in HostileText.All)
        {
            await Store.AppendAsync(name, System.Text.Encoding.Unicode.GetBytes(name), name, null, TimeLimit);
        }

        ISseEventStore reopened = await ReopenAsync(Store);

        await UsingAsync(reopened, async () =>
        {
            foreach (string name in HostileText.All)
            {
                SsePosition head = (await reopened.GetStateAsync(name, TimeLimit)).Latest;
                SseStoredEvent stored = Assert.Single(await ReadAllAsync(reopened, name, head with { Sequence = 0 }));
                Assert.Equal(System.Text.Encoding.Unicode.GetBytes(name), stored.Payload.ToArray());
                Assert.Equal(1, (await reopened.AppendAsync(name, Payload("again"), name, null, TimeLimit)).Position.Sequence);
            }
        });
    }

    private static async Task UsingAsync(ISseEventStore store, Func<Task> act)
    {
        try
        {
            await act();
        }
        finally
        {
            await DisposeAsync(store);
        }
    }
}

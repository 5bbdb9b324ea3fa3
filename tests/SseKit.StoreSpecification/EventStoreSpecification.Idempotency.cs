namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task A_repeated_key_appends_nothing()
    {
        SsePosition first = await AppendAsync("topic", "a", key: "key");
        SsePosition other = await AppendAsync("topic", "b");

        SsePosition again = await AppendAsync("topic", "c", key: "key");

        Assert.Equal(first, again);
        Assert.Equal(other, (await StateAsync("topic")).Latest);
        Assert.Equal(["a", "b"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task An_append_returns_whether_its_event_is_new()
    {
        Assert.True((await Store.AppendAsync("topic", Payload("a"), "key", null, TimeLimit)).IsNew);
        Assert.True((await Store.AppendAsync("topic", Payload("b"), null, null, TimeLimit)).IsNew);
        Assert.True((await Store.AppendAsync("topic", Payload("b"), null, null, TimeLimit)).IsNew);
        Assert.True((await Store.AppendAsync("topic", Payload("a"), "other key", null, TimeLimit)).IsNew);
        Assert.True((await Store.AppendAsync("other topic", Payload("a"), "key", null, TimeLimit)).IsNew);

        Assert.False((await Store.AppendAsync("topic", Payload("a"), "key", null, TimeLimit)).IsNew);
        Assert.False((await Store.AppendAsync("topic", Payload("c"), "other key", null, TimeLimit)).IsNew);
    }

    [Fact]
    public async Task Different_keys_are_different_events()
    {
        Assert.Equal(1, (await AppendAsync("topic", "a", key: "one")).Sequence);
        Assert.Equal(2, (await AppendAsync("topic", "a", key: "two")).Sequence);
        Assert.Equal(3, (await AppendAsync("topic", "a")).Sequence);
    }

    [Fact]
    public async Task Topics_have_separate_keys()
    {
        SsePosition one = await AppendAsync("one", "a", key: "key");
        SsePosition two = await AppendAsync("two", "b", key: "key");

        Assert.NotEqual(one, two);
        Assert.Equal("a", Text(Assert.Single(await ReadAllAsync("one"))));
        Assert.Equal("b", Text(Assert.Single(await ReadAllAsync("two"))));
    }

    [Fact]
    public async Task Concurrent_appends_with_one_key_append_one_event()
    {
        for (int i = 0; i < 20; i++)
        {
            string key = $"key {i}";

            SseAppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(publisher => Task.Run(async () =>
                await Store.AppendAsync("topic", Payload(publisher), key, null, TimeLimit))));

            Assert.Equal(i + 1, Assert.Single(results.Select(result => result.Position).Distinct()).Sequence);
            int winner = Assert.Single(Enumerable.Range(0, results.Length), publisher => results[publisher].IsNew);
            Assert.Equal($"{winner}", Text((await ReadAllAsync("topic"))[i]));
        }

        Assert.Equal(20, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task A_key_is_free_again_when_its_event_has_expired()
    {
        await AppendAsync("topic", "a", key: "key");

        await ExpireAsync(Store, "topic", throughSequence: 1);
        SseAppendResult second = await Store.AppendAsync("topic", Payload("b"), "key", null, TimeLimit);
        SseAppendResult again = await Store.AppendAsync("topic", Payload("c"), "key", null, TimeLimit);

        Assert.Equal((2, true), (second.Position.Sequence, second.IsNew));
        Assert.Equal(second with { IsNew = false }, again);
    }

    [Fact]
    public async Task A_key_is_free_again_when_its_topic_was_deleted()
    {
        SsePosition before = await AppendAsync("topic", "a", key: "key");

        await Store.DeleteAsync("topic", null, TimeLimit);
        SseAppendResult after = await Store.AppendAsync("topic", Payload("b"), "key", null, TimeLimit);

        Assert.NotEqual(before.Epoch, after.Position.Epoch);
        Assert.True(after.IsNew);
        Assert.Equal("b", Text(Assert.Single(await ReadAllAsync("topic"))));
    }

    // A publisher whose last append has an unknown result appends again, and must get the position instead of an exception.
    [Fact]
    public async Task A_key_finds_its_event_in_a_completed_topic()
    {
        SsePosition first = await AppendAsync("topic", "a", key: "key");
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        Assert.Equal(
            new SseAppendResult { Position = first, IsNew = false },
            await Store.AppendAsync("topic", Payload("a"), "key", null, TimeLimit));
    }

    [Fact]
    public async Task Keys_of_any_kind_are_kept_apart()
    {
        var positions = new List<SsePosition>();
        foreach (string key in HostileText.All)
        {
            positions.Add(await AppendAsync("topic", "a", key));
        }

        Assert.Equal(Numbers(1, HostileText.All.Count), positions.Select(position => position.Sequence));
        for (int i = 0; i < positions.Count; i++)
        {
            Assert.Equal(positions[i], await AppendAsync("topic", "b", HostileText.All[i]));
        }
    }
}

namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task Several_events_are_appended_in_order_without_a_hole()
    {
        SsePosition before = await AppendAsync("topic", "first");

        SseAppendResult result = await AppendPageAsync("topic", ["a", "", "c"]);
        SsePosition after = await AppendAsync("topic", "last");

        Assert.Equal(new SseAppendResult { Position = before with { Sequence = 4 }, IsNew = true }, result);
        Assert.Equal(before with { Sequence = 5 }, after);
        Assert.Equal(["first", "a", "", "c", "last"], (await ReadAllAsync("topic", pageSize: 2)).Select(Text));
    }

    [Fact]
    public async Task Several_events_can_begin_a_topic()
    {
        SsePosition start = (await StateAsync("topic")).Latest;

        SseAppendResult result = await AppendPageAsync("topic", [.. Numbers(1, 256).Select(number => $"{number}")]);

        Assert.Equal(start with { Sequence = 256 }, result.Position);
        Assert.Equal(Numbers(1, 256).Select(number => $"{number}"), (await ReadAllAsync("topic", start)).Select(Text));
    }

    [Fact]
    public async Task A_key_stands_for_all_events_of_its_append()
    {
        SseAppendResult first = await AppendPageAsync("topic", ["a", "b"], key: "key");
        await AppendAsync("topic", "other");

        SseAppendResult again = await AppendPageAsync("topic", ["a", "b"], key: "key");
        SseAppendResult shorter = await AppendPageAsync("topic", ["c"], key: "key");
        SseAppendResult longer = await AppendPageAsync("topic", ["c", "d", "e"], key: "key");

        Assert.All([again, shorter, longer], each => Assert.Equal(first with { IsNew = false }, each));
        Assert.Equal(["a", "b", "other"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task A_key_is_held_as_long_as_its_last_event()
    {
        SseAppendResult first = await AppendPageAsync("held", ["a", "b", "c"], key: "key");
        await AppendPageAsync("gone", ["a", "b", "c"], key: "key");

        await ExpireAsync(Store, "gone", throughSequence: 3);
        SseAppendResult gone = await AppendPageAsync("gone", ["d"], key: "key");
        SseAppendResult held = await AppendPageAsync("held", ["d"], key: "key");

        // Retention may have deleted more events than requested.
        Assert.True(gone.IsNew);
        Assert.Equal(4, gone.Position.Sequence);
        bool isHeld = (await StateAsync("held")).EarliestSequence <= 3;
        Assert.Equal(isHeld ? first with { IsNew = false } : held with { IsNew = true }, held);
    }

    [Fact]
    public async Task A_refused_append_leaves_none_of_its_events()
    {
        await AppendAsync("completed", "a");
        await Store.CompleteAsync("completed", SseTopicStatus.Completed, null, TimeLimit);
        await AppendAsync("other", "a");

        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendPageAsync("completed", ["b", "c"]));
        await Assert.ThrowsAsync<SseStaleEpochException>(async () => await Store.AppendAsync(
            StoreCalls.Request("other", [Payload("b"), Payload("c")], expectedEpoch: "stale"), TimeLimit));

        Assert.Equal(["a"], (await ReadAllAsync("completed")).Select(Text));
        Assert.Equal(["a"], (await ReadAllAsync("other")).Select(Text));
        Assert.Equal(2, (await AppendAsync("other", "b")).Sequence);
    }

    [Fact]
    public async Task Events_of_one_append_stay_together_among_concurrent_appends()
    {
        const int Publishers = 8;
        const int Appends = 10;
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (int i = 0; i < Appends; i++)
            {
                string name = $"{publisher}.{i}";
                SseAppendResult result = await AppendPageAsync("topic", [$"{name}.0", $"{name}.1", $"{name}.2"]);
                await AppendAsync($"topic {publisher}", "elsewhere");
                Assert.True(result.IsNew);
            }
        })));

        string[][] triples = [.. (await ReadAllAsync("topic")).Select(Text).Chunk(3)];
        Assert.Equal(Publishers * Appends, triples.Length);
        Assert.All(triples, triple => Assert.Equal(
            Enumerable.Range(0, 3).Select(i => string.Join('.', triple[0].Split('.')[..2]) + $".{i}"), triple));
    }

    [Fact]
    public async Task States_of_several_topics_are_in_request_order()
    {
        SsePosition one = await AppendAsync("one", "a");
        await AppendNumbersAsync("two", 3);
        await Store.CompleteAsync("two", SseTopicStatus.Failed, null, TimeLimit);

        IReadOnlyList<SseTopicState> states = await Store.GetStatesAsync(["two", "unused", "one", .. HostileText.All, "two"], TimeLimit);

        Assert.Equal(4 + HostileText.All.Count, states.Count);
        Assert.Equal((3, SseTopicStatus.Failed), (states[0].Latest.Sequence, states[0].Status));
        Assert.Equal(await StateAsync("unused"), states[1]);
        Assert.Equal(one, states[2].Latest);
        Assert.Equal(states[0], states[^1]);
        Assert.Equal(await StateAsync(HostileText.All[0]), states[3]);
    }

    private async ValueTask<SseAppendResult> AppendPageAsync(string topic, string[] texts, string? key = null) =>
        await Store.AppendAsync(StoreCalls.Request(topic, [.. texts.Select(Payload)], key), TimeLimit);
}

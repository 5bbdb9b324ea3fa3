namespace SseKit.StoreSpecification;

/// <summary>Several failovers, and topics that had not begun.</summary>
public abstract partial class FailoverEventStoreSpecification
{
    [Fact]
    public async Task Two_failovers_keep_what_all_histories_share()
    {
        SsePosition first = await AppendAsync(9);
        await FailOverAsync(4);
        SsePosition second = await AppendAsync(3, "second");
        await FailOverAsync(2);
        SsePosition third = await AppendAsync(1, "third");

        Assert.Equal([second with { Sequence = 6 }, first with { Sequence = 5 }], (await StateAsync()).Forks);
        Assert.Equal(7, third.Sequence);
        Assert.Equal(["second 1", "third 1"], (await ReadAsync(first with { Sequence = 5 })).Events.Select(Text));
        Assert.Equal(["third 1"], (await ReadAsync(second with { Sequence = 6 })).Events.Select(Text));
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(first with { Sequence = 6 })).Status);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(second with { Sequence = 7 })).Status);
        Assert.Equal(SseReadStatus.Ok, (await ReadAsync(third)).Status);
    }

    [Fact]
    public async Task A_failover_behind_an_earlier_fork_caps_it()
    {
        SsePosition first = await AppendAsync(9);
        await FailOverAsync(4);
        SsePosition second = await AppendAsync(2, "second");
        await FailOverAsync(4);
        await AppendAsync(6, "third");

        Assert.Equal([second with { Sequence = 3 }, first with { Sequence = 3 }], (await StateAsync()).Forks);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(first with { Sequence = 4 })).Status);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(second with { Sequence = 5 })).Status);
        Assert.Equal("third 1", Text((await ReadAsync(first with { Sequence = 3 })).Events[0]));
    }

    [Fact]
    public async Task Failovers_without_an_append_between_them_are_one_fork()
    {
        SsePosition first = await AppendAsync(3);
        await FailOverAsync(1);
        await FailOverAsync(0);

        await AppendAsync(1, "new");

        Assert.Equal([first with { Sequence = 2 }], (await StateAsync()).Forks);
    }

    [Fact]
    public async Task The_newest_eight_epochs_are_kept()
    {
        SsePosition oldest = await AppendAsync(1);
        SsePosition kept = default;
        for (int i = 0; i <= MaxForks; i++)
        {
            await FailOverAsync(0);
            SsePosition appended = await AppendAsync(1, $"{i}");
            kept = i == 0 ? appended : kept;
        }

        IReadOnlyList<SsePosition> forks = (await StateAsync()).Forks;
        Assert.Equal(MaxForks, forks.Count);
        Assert.Equal(kept, forks[^1]);
        Assert.Equal(SseReadStatus.Ok, (await ReadAsync(kept)).Status);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(oldest)).Status);
    }

    [Fact]
    public async Task A_reader_of_an_unused_topic_gets_its_first_events()
    {
        SsePosition before = (await StateAsync()).Latest;
        await FailOverAsync(0);
        SseReadResult unused = await ReadAsync(before);
        SsePosition meanwhile = (await StateAsync()).Latest;

        SsePosition first = await AppendAsync(2, expectedEpoch: meanwhile.Epoch);

        Assert.Equal(SseReadStatus.Ok, unused.Status);
        Assert.Empty(unused.Events);
        Assert.Equal(meanwhile.Epoch, first.Epoch);
        Assert.Equal(["1", "2"], (await ReadAsync(before)).Events.Select(Text));
        Assert.Equal(["1", "2"], (await ReadAsync(meanwhile)).Events.Select(Text));
    }

    [Fact]
    public async Task A_log_that_was_lost_as_a_whole_is_not_its_successor()
    {
        SsePosition begin = (await StateAsync()).Latest;
        SsePosition lost = await AppendAsync(3, "lost");
        await FailOverAsync(3);
        SseReadStatus unused = (await ReadAsync(lost)).Status;

        SsePosition first = await AppendAsync(5);

        Assert.NotEqual(lost.Epoch, first.Epoch);
        Assert.Equal(5, first.Sequence);
        Assert.Equal(SseReadStatus.Unknown, unused);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(lost)).Status);
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(lost with { Sequence = 1 })).Status);
        Assert.Equal(["1", "2", "3", "4", "5"], (await ReadAsync(begin)).Events.Select(Text));
    }

    [Fact]
    public async Task Only_topics_that_lose_events_lose_positions()
    {
        SsePosition lost = await AppendAsync(3);
        SsePosition other = (await Store.AppendAsync("other", Payload("a"), null, null, TimeLimit)).Position;
        await FailOverAsync(2);

        await Store.AppendAsync("other", Payload("b"), null, null, TimeLimit);

        Assert.Equal(["b"], (await Store.ReadAsync("other", other, 100, TimeLimit)).Events.Select(Text));
        Assert.Equal(SseReadStatus.Unknown, (await ReadAsync(lost)).Status);
        Assert.Equal(SseReadStatus.Unknown, (await Store.ReadAsync("other", lost with { Sequence = 1 }, 100, TimeLimit)).Status);
    }
}

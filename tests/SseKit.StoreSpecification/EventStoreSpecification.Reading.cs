namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public async Task Pages_of_any_size_follow_each_other_without_holes(int pageSize)
    {
        SsePosition start = await AppendNumbersAsync("topic", 20);

        List<SseStoredEvent> events = await ReadAllAsync("topic", start, pageSize);

        Assert.Equal(Numbers(1, 20), events.Select(each => each.Sequence));
        Assert.Equal(Numbers(1, 20).Select(number => $"{number}"), events.Select(Text));
    }

    [Fact]
    public async Task A_reader_continues_from_any_position()
    {
        SsePosition start = await AppendNumbersAsync("topic", 20);

        for (long after = 0; after <= 20; after++)
        {
            List<SseStoredEvent> events = await ReadAllAsync("topic", start with { Sequence = after }, pageSize: 6);

            Assert.Equal(Numbers(after + 1, 20), events.Select(each => each.Sequence));
        }
    }

    [Fact]
    public async Task A_read_after_the_latest_event_is_empty()
    {
        await AppendNumbersAsync("topic", 3);
        SseTopicState state = await StateAsync("topic");

        SseReadResult page = await ReadAsync("topic", state.Latest);

        Assert.Equal(SseReadStatus.Ok, page.Status);
        Assert.Empty(page.Events);
        Assert.Equal(state, page.State);
    }

    [Fact]
    public async Task A_page_has_the_state_of_its_topic()
    {
        SsePosition start = await AppendNumbersAsync("topic", 5);

        SseReadResult page = await ReadAsync("topic", start, maxEvents: 2);

        Assert.Equal(
            new SseTopicState { Latest = start with { Sequence = 5 }, EarliestSequence = 1, Status = SseTopicStatus.Open }, page.State);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1_000_000)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public async Task A_position_beyond_the_latest_event_is_unknown(long sequence)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);

        SseReadResult page = await ReadAsync("topic", start with { Sequence = sequence });

        AssertUnknown(page, start with { Sequence = 3 });
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("another")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public async Task A_position_of_another_epoch_is_unknown(string epoch)
    {
        SsePosition start = await AppendNumbersAsync("topic", 3);

        AssertUnknown(await ReadAsync("topic", new SsePosition(epoch, 0)), start with { Sequence = 3 });
        AssertUnknown(await ReadAsync("topic", new SsePosition(epoch, 2)), start with { Sequence = 3 });
    }

    [Fact]
    public async Task A_position_of_another_topic_is_unknown()
    {
        SsePosition one = await AppendNumbersAsync("one", 3);
        SsePosition two = await AppendNumbersAsync("two", 3);

        AssertUnknown(await ReadAsync("one", two with { Sequence = 1 }), one with { Sequence = 3 });
    }

    [Fact]
    public async Task An_unused_topic_keeps_its_epoch_for_its_first_event()
    {
        SseTopicState state = await StateAsync("topic");
        SseReadResult before = await ReadAsync("topic", state.Latest);
        SsePosition first = await AppendAsync("topic", "a");

        Assert.Equal(
            new SseTopicState { Latest = state.Latest with { Sequence = 0 }, EarliestSequence = 1, Status = SseTopicStatus.Open }, state);
        Assert.Equal(SseReadStatus.Ok, before.Status);
        Assert.Empty(before.Events);
        Assert.Equal(state.Latest with { Sequence = 1 }, first);
        Assert.Equal("a", Text(Assert.Single(await ReadAllAsync("topic", state.Latest))));
    }

    [Fact]
    public async Task Concurrent_first_reads_get_one_epoch()
    {
        SsePosition[] positions = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
            number % 2 == 0 ? (await StateAsync("topic")).Latest : await AppendAsync("topic", $"{number}"))));

        Assert.Single(positions.Select(position => position.Epoch).Distinct());
    }

    [Fact]
    public async Task Readers_miss_nothing_while_publishers_append()
    {
        const int PerPublisher = 100;
        SsePosition start = (await StateAsync("topic")).Latest;

        Task publishing = Task.WhenAll(
            Enumerable.Range(0, 3).Select(each => Task.Run(() => PublishAsync(Store, "topic", $"{each}-", PerPublisher))));
        var read = await Task.WhenAll(
            Enumerable.Range(1, 4).Select(pageSize => Task.Run(() => ReadThroughAsync(start, 3 * PerPublisher, pageSize))));
        await publishing;

        List<SseStoredEvent> events = await ReadAllAsync("topic", start);
        Assert.All(read, each => Assert.Equal(events.Select(Text), each.Select(Text)));
    }

    private static void AssertUnknown(SseReadResult page, SsePosition head)
    {
        Assert.Equal(SseReadStatus.Unknown, page.Status);
        Assert.Empty(page.Events);
        Assert.Equal(head, page.State.Latest);
    }

    private async Task<List<SseStoredEvent>> ReadThroughAsync(SsePosition after, int count, int pageSize)
    {
        var events = new List<SseStoredEvent>();
        while (events.Count < count)
        {
            List<SseStoredEvent> more = await ReadAllAsync("topic", after, pageSize);
            events.AddRange(more);
            after = after with { Sequence = after.Sequence + more.Count };
            await Task.Yield();
        }

        return events;
    }
}

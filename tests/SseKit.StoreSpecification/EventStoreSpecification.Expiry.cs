namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task A_reader_whose_next_event_has_expired_gets_that_status()
    {
        SsePosition start = await AppendNumbersAsync("topic", 5);

        await ExpireAsync(Store, "topic", throughSequence: 5);
        SsePosition sixth = await AppendAsync("topic", "6");

        foreach (long after in Numbers(0, 4))
        {
            SseReadResult page = await ReadAsync("topic", start with { Sequence = after });
            Assert.Equal(SseReadStatus.Expired, page.Status);
            Assert.Empty(page.Events);
            Assert.Equal(new SseTopicState { Latest = sixth, EarliestSequence = 6, Status = SseTopicStatus.Open }, page.State);
        }
    }

    [Fact]
    public async Task A_reader_that_has_read_all_expired_events_misses_none()
    {
        SsePosition start = await AppendNumbersAsync("topic", 5);

        await ExpireAsync(Store, "topic", throughSequence: 5);
        SseReadResult nothing = await ReadAsync("topic", start with { Sequence = 5 });
        await AppendAsync("topic", "6");
        SseReadResult next = await ReadAsync("topic", start with { Sequence = 5 });

        Assert.Equal(SseReadStatus.Ok, nothing.Status);
        Assert.Empty(nothing.Events);
        Assert.Equal(SseReadStatus.Ok, next.Status);
        Assert.Equal(6, Assert.Single(next.Events).Sequence);
    }

    [Fact]
    public async Task Events_expire_between_two_pages_of_one_reader()
    {
        SsePosition start = await AppendNumbersAsync("topic", 10);
        SseReadResult first = await ReadAsync("topic", start, maxEvents: 2);
        SsePosition after = start with { Sequence = first.Events[^1].Sequence };

        await ExpireAsync(Store, "topic", throughSequence: 6);
        SseReadResult second = await ReadAsync("topic", after, maxEvents: 2);

        Assert.Equal(SseReadStatus.Expired, second.Status);
        Assert.Empty(second.Events);
        Assert.InRange(second.State.EarliestSequence, 7, 11);
        List<SseStoredEvent> rest = await ReadAllAsync("topic", after with { Sequence = second.State.EarliestSequence - 1 });
        Assert.Equal(Numbers(second.State.EarliestSequence, 10), rest.Select(each => each.Sequence));
    }

    [Fact]
    public async Task A_page_is_unchanged_when_its_events_expire()
    {
        SsePosition start = await AppendNumbersAsync("topic", 5);
        SseReadResult page = await ReadAsync("topic", start);

        await ExpireAsync(Store, "topic", throughSequence: 5);

        Assert.Equal(["1", "2", "3", "4", "5"], page.Events.Select(Text));
    }

    [Fact]
    public async Task Sequences_continue_after_all_events_have_expired()
    {
        SsePosition start = await AppendNumbersAsync("topic", 5);

        await ExpireAsync(Store, "topic", throughSequence: 5);
        SseTopicState state = await StateAsync("topic");
        SsePosition next = await AppendAsync("topic", "6");

        Assert.Equal(new SseTopicState { Latest = start with { Sequence = 5 }, EarliestSequence = 6, Status = SseTopicStatus.Open }, state);
        Assert.Equal(start with { Sequence = 6 }, next);
    }

    [Fact]
    public async Task Every_event_is_read_or_reported_as_expired()
    {
        const int Count = 300;
        SsePosition start = (await StateAsync("topic")).Latest;

        Task<List<(long First, long Last)>> reading = Task.Run(() => ReadOverGapsAsync(start, Count));
        for (int i = 1; i <= Count; i++)
        {
            await Store.AppendAsync("topic", Payload(i), null, null, TimeLimit);
            if (i % 30 == 0)
            {
                await ExpireAsync(Store, "topic", throughSequence: i - 10);
            }
        }

        List<(long First, long Last)> stretches = await reading;
        long next = 1;
        foreach ((long first, long last) in stretches)
        {
            Assert.Equal(next, first);
            next = last + 1;
        }

        Assert.Equal(Count + 1, next);
    }

    // The ranges that were read or reported as expired, in order.
    private async Task<List<(long First, long Last)>> ReadOverGapsAsync(SsePosition position, int count)
    {
        var stretches = new List<(long First, long Last)>();
        while (position.Sequence < count)
        {
            SseReadResult page = await ReadAsync("topic", position, maxEvents: 3);
            Assert.NotEqual(SseReadStatus.Unknown, page.Status);
            long last = page.Status == SseReadStatus.Expired ? page.State.EarliestSequence - 1 : position.Sequence + page.Events.Count;
            Assert.Equal(
                Numbers(position.Sequence + 1, last).Select(number => $"{number}").Where(_ => page.Status == SseReadStatus.Ok),
                page.Events.Select(Text));
            if (last > position.Sequence)
            {
                stretches.Add((position.Sequence + 1, last));
            }

            Assert.True(page.Status == SseReadStatus.Ok || last > position.Sequence, "A gap has something in it.");
            position = position with { Sequence = last };
            await Task.Yield();
        }

        return stretches;
    }
}

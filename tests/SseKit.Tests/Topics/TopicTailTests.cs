using SseKit.Topics;

namespace SseKit.Tests.Topics;

public sealed class TopicTailTests
{
    private readonly TopicTail _tail = new();

    [Fact]
    public void Begins_with_any_event()
    {
        Assert.True(Add(41));

        Assert.True(_tail.EndsAt(At(41)));
        Assert.Equal([41], ReadAfter(40));
        Assert.Empty(ReadAfter(39));
    }

    [Fact]
    public void Accepts_only_the_next_event()
    {
        Add(5);

        Assert.False(Add(7));
        Assert.False(Add(5));
        Assert.False(Add(4));
        Assert.False(_tail.TryAdd(At(6, "other"), new byte[1]));
        Assert.True(Add(6));
        Assert.Equal([5, 6], ReadAfter(4));
    }

    [Fact]
    public void Accepts_the_event_after_its_begin()
    {
        _tail.BeginAt(At(5));

        Assert.True(_tail.EndsAt(At(5)));
        Assert.Empty(ReadAfter(5));
        Assert.False(Add(7));
        Assert.True(Add(6));
        Assert.Equal([6], ReadAfter(5));
    }

    [Fact]
    public void Beginning_where_it_ends_keeps_its_events()
    {
        Add(5);
        Add(6);

        _tail.BeginAt(At(6));
        Assert.Equal([5, 6], ReadAfter(4));

        _tail.BeginAt(At(6, "other"));
        Assert.Empty(ReadAfter(4));
        Assert.True(_tail.EndsAt(At(6, "other")));
    }

    [Fact]
    public void Holds_the_times_of_its_newest_measured_events()
    {
        Add(1);
        Assert.Equal(TopicMetrics.NotMeasured, _tail.AppendedAt(At(0)));

        for (long sequence = 2; sequence <= 2000; sequence++)
        {
            _tail.TryAdd(At(sequence), new byte[1], appendedAt: sequence);
        }

        Assert.Equal([977, 2000], [_tail.AppendedAt(At(976)), _tail.AppendedAt(At(1999))]);
        Assert.All([At(975), At(0), At(2000), At(1999, "other")], after => Assert.Equal(TopicMetrics.NotMeasured, _tail.AppendedAt(after)));
    }

    [Fact]
    public void Reads_from_any_position_as_much_as_fits()
    {
        for (int i = 1; i <= 20; i++)
        {
            Add(i);
        }

        for (int after = 0; after <= 20; after++)
        {
            for (int room = 0; room <= 22; room++)
            {
                int count = Math.Min(room, 20 - after);
                Assert.Equal(Enumerable.Range(after + 1, count).Select(number => (long)number), ReadAfter(after, room));
            }
        }

        Assert.Empty(ReadAfter(21));
        Assert.Empty(ReadAfter(long.MaxValue - 1));
    }

    [Fact]
    public void Holds_no_more_than_1024_events()
    {
        for (int i = 1; i <= 10_000; i++)
        {
            Add(i);
        }

        Assert.Equal(1024, ReadAfter(10_000 - 1024, room: 2000).Length);
        Assert.Empty(ReadAfter(10_000 - 1025));
    }

    [Fact]
    public void Holds_no_more_than_a_megabyte()
    {
        for (int i = 1; i <= 100; i++)
        {
            Add(i, 100 * 1024);
        }

        Assert.Equal(10, ReadAfter(90).Length);
        Assert.Empty(ReadAfter(89));
    }

    [Fact]
    public void Holds_the_newest_event_whatever_its_size()
    {
        Add(1);
        Add(2, 5 * 1024 * 1024);

        Assert.Equal([2], ReadAfter(1));
        Assert.True(Add(3));
        Assert.Equal([3], ReadAfter(2));
    }

    private bool Add(long sequence, int size = 1) => _tail.TryAdd(At(sequence), new byte[size]);

    private long[] ReadAfter(long sequence, int room = 1000)
    {
        var events = new SseStoredEvent[room];
        return [.. events.Take(_tail.Read(At(sequence), events)).Select(each => each.Sequence)];
    }

    private static SsePosition At(long sequence, string epoch = "epoch") => new(epoch, sequence);
}

using SseKit.Topics.EventIds;

namespace SseKit.Tests.Topics;

public sealed class SseReplayStartTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(10, 8)]
    [InlineData(10, 11)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void Latest_and_earliest_are_the_ends_of_the_held_events(long head, long oldest)
    {
        SseTopicState state = State(head, oldest);

        Assert.Equal(At(head), ResumePosition.Of(SseReplayStart.Latest, state));
        Assert.Equal(At(head), ResumePosition.Of(SseReplayStart.Last(0), state));
        Assert.Equal(At(head), ResumePosition.Of(default, state));
        Assert.Equal(At(oldest - 1), ResumePosition.Of(SseReplayStart.Earliest, state));
    }

    [Theory]
    [InlineData(10, 1, 3, 7)]
    [InlineData(10, 1, 10, 0)]
    [InlineData(10, 1, 11, 0)]
    [InlineData(10, 1, int.MaxValue, 0)]
    [InlineData(10, 9, 3, 8)]
    [InlineData(10, 11, 3, 10)]
    [InlineData(0, 1, 3, 0)]
    public void The_last_events_are_limited_by_the_held_ones(long head, long oldest, int last, long expected) =>
        Assert.Equal(At(expected), ResumePosition.Of(SseReplayStart.Last(last), State(head, oldest)));

    [Fact]
    public void ToString_describes_the_start()
    {
        Assert.Equal(
            ["latest", "latest", "earliest", "last 5"],
            new[] { SseReplayStart.Latest, SseReplayStart.Last(0), SseReplayStart.Earliest, SseReplayStart.Last(5) }
                .Select(start => start.ToString()));
        Assert.Throws<ArgumentOutOfRangeException>(() => SseReplayStart.Last(-1));
    }

    private static SseTopicState State(long head, long oldest) => new() { Latest = At(head), EarliestSequence = oldest };

    private static SsePosition At(long sequence) => new("epoch", sequence);
}

using System.Net;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>Anonymous requests for unused names do not affect other topics (I10).</summary>
public sealed class FollowEvictionTests : FollowTest
{
    [Theory]
    [InlineData(SseGapPolicy.Earliest)]
    [InlineData(SseGapPolicy.Latest)]
    public async Task Clients_that_follow_unused_names_evict_no_followed_topic(SseGapPolicy policy)
    {
        await StartFollowAppAsync(options => options.GapPolicy = policy, bounds => bounds.MaxTopics = 20);
        await PublishNumbersAsync("t", 1, 1);
        StreamClient idle = await FollowAsync("t");
        StreamClient unused = await FollowAsync("nothing yet");

        await AskForNamesAsync();
        await PublishNumbersAsync("t", 2, 2);
        await PublishNumbersAsync("nothing yet", 1, 1);

        Assert.Equal(["2"], await idle.TakeAsync(1));
        Assert.Equal(["1"], await unused.TakeAsync(1));
    }

    [Fact]
    public async Task Clients_that_follow_unused_names_evict_no_completed_topic()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxTopics = 20);
        await Publisher.CompleteAsync("done");
        string last = (await Publisher.GetLastEventIdAsync("done"))!;

        await AskForNamesAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/follow?topics=done", last)).Status);
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await Publisher.PublishAsync("done", "late"));
    }

    [Fact]
    public async Task Published_topics_evict_topics_without_followers_first()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxTopics = 10);
        await PublishNumbersAsync("t", 1, 1);
        StreamClient idle = await FollowAsync("t");

        for (int i = 0; i < 100; i++)
        {
            await PublishNumbersAsync($"other {i}", 1, 1);
        }

        await PublishNumbersAsync("t", 2, 2);
        Assert.Equal(["2"], await idle.TakeAsync(1));
    }

    [Fact]
    public async Task A_follower_of_an_evicted_topic_gets_the_gap()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxTopics = 1);
        await PublishNumbersAsync("t", 1, 1);
        StreamClient idle = await FollowAsync("t");

        await PublishNumbersAsync("other", 1, 1);

        Assert.Equal("ssekit.gap", (await idle.NextAsync()).EventType);
        await PublishNumbersAsync("t", 2, 2);
        Assert.Equal(["2"], await idle.TakeAsync(1));
    }

    private async Task AskForNamesAsync()
    {
        for (int i = 0; i < 20; i++)
        {
            string topics = string.Join(',', Enumerable.Range(0, 16).Select(each => $"unused {i} {each}"));
            await using StreamClient client = await FollowAsync(topics);
        }
    }
}

using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// A failover loses acknowledged events while clients are connected. With twelve clients, they share the bytes of bursts.
/// </summary>
public sealed class FollowFailoverLiveTests : FailoverTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Followers_beyond_the_fork_get_one_gap_and_all_later_events(int count)
    {
        await StartFailoverAppAsync();
        StreamClient[] live = await FollowManyAsync(count);
        await PublishAsync(1, 9);
        await Task.WhenAll(live.Select(client => client.TakeAsync(9)));

        Store.FailOver(("t", 4));
        string last = await PublishAsync(10, 16);

        foreach (StreamClient client in live)
        {
            Assert.Equal([Unknown, "10", "11", "12", "13", "14", "15", "16"], await client.TakeAsync(8));
            Assert.Equal(last, client.LastEventId);
        }
    }

    // Another server's events were lost before this one read them.
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Followers_at_the_fork_continue_without_gap(int count)
    {
        await StartFailoverAppAsync();
        StreamClient[] live = await FollowManyAsync(count);
        await PublishAsync(1, 5);
        await Task.WhenAll(live.Select(client => client.TakeAsync(5)));
        await AppendElsewhereAsync(6, 9);

        Store.FailOver(("t", 4));
        string last = await PublishAsync(10, 16);

        foreach (StreamClient client in live)
        {
            Assert.Equal(["10", "11", "12", "13", "14", "15", "16"], await client.TakeAsync(7));
            Assert.Equal(last, client.LastEventId);
        }
    }

    [Theory]
    [InlineData("t")]
    [InlineData(null)]
    public async Task Waiting_followers_read_what_another_server_published(string? notified)
    {
        await StartFailoverAppAsync();
        StreamClient beyond = await FollowAsync("t");
        StreamClient at = await FollowAsync("u");
        await PublishAsync(1, 9);
        await PublishAsync(1, 5, "u");
        await beyond.TakeAsync(9);
        await at.TakeAsync(5);
        await AppendElsewhereAsync(6, 9, "u");

        Store.FailOver(("t", 4), ("u", 4));
        await AppendElsewhereAsync(10, 14);
        await AppendElsewhereAsync(10, 14, "u");
        Store.Notify(notified ?? null);
        Store.Notify(notified is null ? null : "u");

        Assert.Equal([Unknown, "10", "11", "12", "13", "14"], await beyond.TakeAsync(6));
        Assert.Equal(["10", "11", "12", "13", "14"], await at.TakeAsync(5));
    }

    // The gap is reported before the sequences are given again, and the log then forks behind the follower's new position.
    [Fact]
    public async Task A_gap_before_the_next_append_is_not_repeated()
    {
        await StartFailoverAppAsync();
        StreamClient live = await FollowAsync("t");
        await PublishAsync(1, 9);
        await live.TakeAsync(9);

        Store.FailOver(("t", 4));
        Store.Notify(null);
        Assert.Equal([Unknown], await live.TakeAsync(1));
        string last = await PublishAsync(10, 12);

        Assert.Equal(["10", "11", "12"], await live.TakeAsync(3));
        Assert.Equal(last, live.LastEventId);
    }

    [Fact]
    public async Task Followers_wait_at_an_unused_topic_without_gap()
    {
        const int Count = 12;
        await StartFailoverAppAsync();
        StreamClient[] live = await FollowManyAsync(Count);

        Store.FailOver();
        int before = Store.Reads;
        Store.Notify(null);
        await TestTimeout.UntilAsync(() => Store.Reads >= before + Count);
        await PublishAsync(1, 2);

        foreach (StreamClient client in live)
        {
            Assert.Equal(["1", "2"], await client.TakeAsync(2));
        }

        // Each of them reads when it is notified, at the first event, and a few times more if announcements overtake each other.
        Assert.InRange(Store.Reads - before, Count, 5 * Count);
    }

    [Fact]
    public async Task A_log_that_was_lost_as_a_whole_is_a_gap_for_its_readers()
    {
        await StartFailoverAppAsync();
        StreamClient live = await FollowAsync("t");
        await PublishAsync(1, 3);
        await live.TakeAsync(3);

        Store.FailOver(("t", 3));
        await PublishAsync(4, 8);

        Assert.Equal([Unknown, "4", "5", "6", "7", "8"], await live.TakeAsync(6));
    }

    [Fact]
    public async Task A_follower_of_several_topics_gets_the_gap_of_one()
    {
        await StartFailoverAppAsync();
        StreamClient both = await FollowAsync("t,u");
        await PublishAsync(1, 9);
        await both.TakeAsync(9);
        await PublishAsync(1, 2, "u");
        await both.TakeAsync(2);

        Store.FailOver(("t", 4));
        await PublishAsync(3, 3, "u");
        Assert.Equal(["3"], await both.TakeAsync(1));
        await PublishAsync(10, 10);
        Assert.Equal(["{\"reason\":\"unknown\",\"topic\":\"t\"}", "10"], await both.TakeAsync(2));
        await both.DisposeAsync();
        await PublishAsync(4, 4, "u");
        await PublishAsync(11, 11);

        Assert.Equal(["11", "4"], await (await FollowAsync("t,u", both.LastEventId)).TakeAsync(2));
    }

    [Fact]
    public async Task Two_failovers_are_two_gaps_for_who_read_both_losses()
    {
        await StartFailoverAppAsync();
        StreamClient live = await FollowAsync("t");
        await PublishAsync(1, 9);
        await live.TakeAsync(9);

        Store.FailOver(("t", 4));
        await PublishAsync(10, 12);
        Assert.Equal([Unknown, "10", "11", "12"], await live.TakeAsync(4));
        Store.FailOver(("t", 2));
        await PublishAsync(13, 15);

        Assert.Equal([Unknown, "13", "14", "15"], await live.TakeAsync(4));
    }

    private async Task<StreamClient[]> FollowManyAsync(int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => FollowAsync("t")));
}

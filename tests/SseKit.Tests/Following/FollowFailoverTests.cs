using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// A failover loses acknowledged events: nine are published, and the log continues after the fifth. Clients that reconnect get a gap only
/// if they have received a lost event.
/// </summary>
public sealed class FollowFailoverTests : FailoverTest
{
    [Theory]
    [InlineData(0, new[] { "1", "2", "3", "4", "5", "10", "11" })]
    [InlineData(3, new[] { "4", "5", "10", "11" })]
    [InlineData(5, new[] { "10", "11" })]
    public async Task A_client_before_the_fork_resumes_without_gap(int sequence, string[] expected)
    {
        await StartFailoverAppAsync();
        string lost = await PublishAsync(1, 9);
        Store.FailOver(("t", 4));
        string last = await PublishAsync(10, 11);

        StreamClient back = await FollowAsync("t", At(lost, sequence));

        Assert.Equal(expected, await back.TakeAsync(expected.Length));
        Assert.Equal(last, back.LastEventId);
        await PublishAsync(12, 12);
        Assert.Equal(["12"], await back.TakeAsync(1));
    }

    // The numbers of 6 and 7 were given again.
    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(9)]
    public async Task A_client_beyond_the_fork_gets_one_gap(int sequence)
    {
        await StartFailoverAppAsync();
        string lost = await PublishAsync(1, 9);
        Store.FailOver(("t", 4));
        await PublishAsync(10, 14);

        StreamClient back = await FollowAsync("t", At(lost, sequence));

        Assert.Equal([Unknown], await back.TakeAsync(1));
        string last = await PublishAsync(15, 16);
        Assert.Equal(["15", "16"], await back.TakeAsync(2));
        await back.DisposeAsync();
        StreamClient again = await FollowAsync("t", back.LastEventId);
        await PublishAsync(17, 17);
        Assert.Equal(["17"], await again.TakeAsync(1));
        Assert.Equal(last, At(again.LastEventId, long.Parse(last.Split('-')[1], CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(9, true)]
    public async Task One_token_is_checked_for_each_topic(int read, bool isLost)
    {
        await StartFailoverAppAsync();
        StreamClient both = await FollowAsync("t,u");
        await PublishAsync(1, 2, "u");
        await both.TakeAsync(2);
        await PublishAsync(1, read);
        await both.TakeAsync(read);
        await both.DisposeAsync();
        await PublishAsync(read + 1, 9);

        Store.FailOver(("t", 4));
        await PublishAsync(10, 11);
        await PublishAsync(3, 3, "u");
        StreamClient back = await FollowAsync("t,u", both.LastEventId);

        if (isLost)
        {
            Assert.Equal(["{\"reason\":\"unknown\",\"topic\":\"t\"}", "3"], await back.TakeAsync(2));
        }
        else
        {
            Assert.Equal(["10", "11", "3"], await back.TakeAsync(3));
        }

        await PublishAsync(4, 4, "u");
        await PublishAsync(12, 12);
        Assert.Equal(["12", "4"], (await back.TakeAsync(2)).Order());
    }

    [Fact]
    public async Task A_client_of_the_first_epoch_resumes_after_two_failovers()
    {
        await StartFailoverAppAsync();
        StreamClient both = await FollowAsync("t,u");
        string first = await PublishAsync(1, 5);
        await both.TakeAsync(5);
        await both.DisposeAsync();
        await PublishAsync(6, 9);
        Store.FailOver(("t", 4));
        string second = await PublishAsync(10, 12);
        Store.FailOver(("t", 2));
        await PublishAsync(13, 13);

        Assert.Equal(["10", "13"], await (await FollowAsync("t", first)).TakeAsync(2));
        Assert.Equal(["10", "13"], await (await FollowAsync("t,u", both.LastEventId)).TakeAsync(2));
        Assert.Equal(["13"], await (await FollowAsync("t", At(second, 6))).TakeAsync(1));
        Assert.Equal([Unknown], await (await FollowAsync("t", At(first, 6))).TakeAsync(1));
        Assert.Equal([Unknown], await (await FollowAsync("t", At(second, 7))).TakeAsync(1));
    }

    [Fact]
    public async Task A_client_of_a_forgotten_epoch_gets_a_gap()
    {
        await StartFailoverAppAsync();
        string first = await PublishAsync(1, 1);
        string second = "";
        for (int i = 2; i <= 10; i++)
        {
            Store.FailOver();
            string id = await PublishAsync(i, i);
            second = i == 2 ? id : second;
        }

        Assert.Equal([Unknown], await (await FollowAsync("t", first)).TakeAsync(1));
        Assert.Equal(["3"], await (await FollowAsync("t", second)).TakeAsync(1));
    }

    [Fact]
    public async Task A_client_with_filter_resumes_without_gap()
    {
        await StartFailoverAppAsync();
        StreamClient filtered = await FollowAsync("t&only=a");
        await Publisher.PublishAsync("t", new SseItem<string>("a1", "a"));
        await filtered.TakeAsync(1);
        await filtered.DisposeAsync();
        await PublishAsync(2, 4);
        Store.FailOver(("t", 2));
        await PublishAsync(5, 5);
        await Publisher.PublishAsync("t", new SseItem<string>("a2", "a"));

        StreamClient back = await FollowAsync("t&only=a", filtered.LastEventId);

        Assert.Equal(["a2"], await back.TakeAsync(1));
    }

    // The client must reconnect no further.
    [Fact]
    public async Task A_client_at_the_end_of_a_completed_log_gets_no_stream()
    {
        await StartFailoverAppAsync();
        string lost = await PublishAsync(1, 9);
        Store.FailOver(("t", 4));
        await Publisher.CompleteAsync("t");

        StreamClient back = await StreamClient.ConnectAsync(Client, "/follow?topics=t", At(lost, 5));

        Assert.Equal(HttpStatusCode.NoContent, back.Status);
    }

    [Fact]
    public async Task A_client_with_filter_at_the_hidden_end_gets_no_stream()
    {
        await StartFailoverAppAsync(app => app.MapSse("/ids", () => SseResults.Follow(
            ["t"], new SseFollowOptions { EventTypeFilter = type => type == "a", Format = SseFollowFormat.Ids })));
        string lost = await PublishAsync(1, 9);
        Store.FailOver(("t", 4));
        await PublishAsync(10, 10);
        await Publisher.CompleteAsync("t");

        StreamClient back = await StreamClient.ConnectAsync(Client, "/ids", At(lost, 5));

        Assert.Equal(HttpStatusCode.NoContent, back.Status);
    }

    [Fact]
    public async Task Events_are_read_on_the_server_after_an_earlier_epoch()
    {
        await StartFailoverAppAsync();
        string lost = await PublishAsync(1, 9);
        Store.FailOver(("t", 4));
        string last = await PublishAsync(10, 11);

        SseItem<string>[] read = await Publisher.ReadAsync("t", At(lost, 4)).ToArrayAsync();

        Assert.Equal(["5", "10", "11"], read.Select(item => item.Data));
        Assert.Equal(last, read[^1].EventId);
        await Assert.ThrowsAsync<SseGapException>(async () => await Publisher.ReadAsync("t", At(lost, 6)).ToArrayAsync());
    }
}

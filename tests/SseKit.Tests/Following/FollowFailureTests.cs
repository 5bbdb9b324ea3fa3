using System.Net;
using System.Net.ServerSentEvents;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>The failure of a topic is reported to each follower once, also after a reconnect.</summary>
public sealed class FollowFailureTests : FollowTest
{
    [Theory]
    [InlineData("t")]
    [InlineData("t,u")]
    [InlineData("t,u,v,w,x,y,z")]
    public async Task A_failure_not_yet_reported_is_reported_after_a_reconnect(string topics)
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync(topics);
        await PublishNumbersAsync("t", 1, 2);
        Assert.Equal(["1", "2"], await client.TakeAsync(2));
        await client.DisposeAsync();
        await FailAsync(topics);

        (StreamClient back, SseItem<string>[] items) = await ReadToFailureAsync($"/follow?topics={topics}", client.LastEventId);
        StreamClient last = await StreamClient.ConnectAsync(Client, $"/follow?topics={topics}", back.LastEventId);

        Assert.Equal(["ssekit.failed {}"], items.Select(item => $"{item.EventType} {item.Data}"));
        Assert.Matches("^[A-Za-z0-9._~-]{1,128}$", back.LastEventId);
        Assert.Equal(HttpStatusCode.NoContent, last.Status);
    }

    [Fact]
    public async Task The_server_can_read_from_an_id_with_failure_mark()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);
        await FailAsync("t");

        (StreamClient client, _) = await ReadToFailureAsync("/follow?topics=t");

        Assert.Empty(await Publisher.ReadAsync("t", client.LastEventId).ToListAsync());
    }

    [Fact]
    public async Task A_client_of_a_reset_failed_topic_gets_the_gap()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 2);
        await FailAsync("t");
        (StreamClient client, _) = await ReadToFailureAsync("/follow?topics=t");
        await Store.DeleteAsync("t", null, CancellationToken.None);
        await PublishNumbersAsync("t", 3, 3);

        StreamClient again = await FollowAsync("t", client.LastEventId);
        Assert.Equal(["{\"reason\":\"unknown\"}"], await again.TakeAsync(1));
        await PublishNumbersAsync("t", 4, 4);

        Assert.Equal(["4"], await again.TakeAsync(1));
    }

    private async Task FailAsync(string topics)
    {
        foreach (string topic in topics.Split(','))
        {
            await Store.CompleteAsync(topic, SseTopicStatus.Failed, null, CancellationToken.None);
        }
    }
}

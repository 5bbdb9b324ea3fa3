using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>A stream of several topics ends with one of them, or with a token.</summary>
public sealed class FollowEndTests : FollowTest
{
    [Fact]
    public async Task The_completion_of_the_session_ends_the_stream_of_the_user()
    {
        await StartSessionAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/session");
        await Publisher.PublishAsync("user", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        await Publisher.CompleteAsync("session");

        Assert.Empty(await client.ReadToEndAsync());
        await Publisher.PublishAsync("user", "2");
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/session", client.LastEventId)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/session")).Status);
    }

    [Fact]
    public async Task The_completion_of_another_topic_ends_nothing()
    {
        await StartSessionAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/session");

        await Publisher.CompleteAsync("user");
        await Publisher.PublishAsync("session", "1");

        Assert.Equal(["1"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task Events_before_the_completion_arrive()
    {
        await StartSessionAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/session");

        await PublishNumbersAsync("session", 1, 300);
        await Publisher.CompleteAsync("session");

        Assert.Equal(Numbers(1, 300), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task What_other_topics_hold_at_the_completion_arrives()
    {
        await StartSessionAppAsync();
        await PublishNumbersAsync("user", 1, 2_000);
        StreamClient client = await StreamClient.OpenAsync(Client, "/session?all=true");

        await Publisher.CompleteAsync("session");

        Assert.Equal(Numbers(1, 2_000), await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData("GET", HttpStatusCode.OK)]
    [InlineData("POST", HttpStatusCode.ServiceUnavailable)]
    public async Task A_token_that_has_fired_rejects_the_stream(string method, HttpStatusCode expected)
    {
        await StartSessionAppAsync(new CancellationToken(canceled: true));
        using var request = new HttpRequestMessage(new HttpMethod(method), "/until");
        request.Headers.Add("Accept", "text/event-stream");

        using HttpResponseMessage response = await Client.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.OK)
        {
            Assert.StartsWith("retry: ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_snapshot_before_a_topic_that_is_over_ends_cleanly()
    {
        await StartFollowAppAsync(endpoints: app => app.MapSse("/snapshot", async Task<IResult> (SseEventWriter events) =>
        {
            await events.WriteAsync("snapshot");
            return SseResults.Follow("t");
        }).WithSseTerminator("[DONE]"));
        string last = await Publisher.PublishAsync("t", "1");
        await Publisher.CompleteAsync("t");

        StreamClient client = await StreamClient.ConnectAsync(Client, "/snapshot", last);

        Assert.Equal(["snapshot", "[DONE]"], await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_token_disconnects_the_stream()
    {
        using var until = new CancellationTokenSource();
        await StartSessionAppAsync(until.Token);
        StreamClient client = await StreamClient.OpenAsync(Client, "/until");

        await until.CancelAsync();

        Assert.Empty(await client.ReadToEndAsync());
        await AllLeftAsync();
    }

    [Fact]
    public async Task A_stream_cannot_end_with_a_topic_that_it_does_not_follow()
    {
        await StartSessionAppAsync();

        Assert.Throws<ArgumentException>(() => SseResults.Follow(["user"], new SseFollowOptions { EndsWith = ["session"] }));
    }

    private Task StartSessionAppAsync(CancellationToken until = default) => StartFollowAppAsync(endpoints: app =>
    {
        app.MapSse("/session", (bool all = false) => SseResults.Follow(
            ["user", "session"],
            new SseFollowOptions { EndsWith = ["session"], StartAt = all ? SseReplayStart.Earliest : SseReplayStart.Latest }));
        app.MapSse("/until", ["GET", "POST"], () => SseResults.Follow(["user"], new SseFollowOptions { Until = until }));
    });
}

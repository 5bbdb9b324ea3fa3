using System.Net;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;

namespace SseKit.Tests.Endpoints.Actions;

/// <summary>Actions that take a writer, under WithSseReplay.</summary>
public sealed class ReplayedActionTests : ReplayTest
{
    [Fact]
    public async Task An_action_runs_once_for_all_clients()
    {
        await StartReplayAppAsync();
        StreamClient first = await StreamClient.OpenAsync(Client, "/writer-actions/feed");
        Feed.Write("1");
        string[] seen = await first.TakeAsync(1);
        await first.DisposeAsync();
        Feed.Write("2");

        StreamClient resumed = await StreamClient.OpenAsync(Client, "/writer-actions/feed", first.LastEventId);
        StreamClient second = await StreamClient.OpenAsync(Client, "/writer-actions/feed");
        Feed.End();

        Assert.Equal(["1"], seen);
        Assert.Equal(["2"], await resumed.ReadToEndAsync());
        Assert.Equal(["1", "2"], await second.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task An_action_without_events_is_still_a_stream()
    {
        await StartReplayAppAsync();

        StreamClient client = await StreamClient.OpenAsync(Client, "/writer-actions/nothing");

        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_refusal_reaches_the_client()
    {
        await StartReplayAppAsync();

        HttpResponseMessage response = await Client.GetAsync("/writer-actions/checked/0");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }
}

using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;
using SseKit.Topics;

namespace SseKit.Tests.Following;

/// <summary>Followers of a topic whose run ends, is lost or runs again while they are connected.</summary>
public sealed class FollowRerunTests : ReplayTest
{
    private int _runs;

    private Publisher Deleter => (Publisher)Publisher;

    [Fact]
    public async Task A_follower_of_several_topics_gets_a_new_runs_events()
    {
        await StartRunsAsync(SseRerunPolicy.AfterEnd);
        StreamClient both = await FollowAsync("again,other");
        Assert.Equal(["run 1"], await (await StreamClient.OpenAsync(Client, "/again")).ReadToEndAsync());
        Assert.Equal(["run 1"], await both.TakeAsync(1));
        await TestTimeout.UntilAsync(() => Runs.Find("again") is null);
        await Publisher.PublishAsync("other", "still here");
        Assert.Equal(["still here"], await both.TakeAsync(1));

        Assert.Equal(["run 2"], await (await StreamClient.OpenAsync(Client, "/again")).ReadToEndAsync());
        Assert.Equal(["{\"reason\":\"unknown\",\"topic\":\"again\"}", "run 2"], await both.TakeAsync(2));

        await Publisher.PublishAsync("other", "and on");
        Assert.Equal(["and on"], await both.TakeAsync(1));
        await Publisher.CompleteAsync("other");
        Assert.Empty(await both.ReadToEndAsync());
    }

    [Fact]
    public async Task A_waiting_follower_of_a_deleted_topic_gets_the_gap()
    {
        await StartRunsAsync(SseRerunPolicy.AfterEnd);
        await PublishNumbersAsync("t", 1, 2);
        StreamClient client = await FollowAsync("t");

        await Deleter.DeleteAsync("t", null, CancellationToken.None);
        SseItem<string> gap = await client.NextAsync();
        await PublishNumbersAsync("t", 3, 3);

        Assert.Equal("ssekit.gap", gap.EventType);
        Assert.Equal(["3"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_follower_of_a_lost_run_gets_its_failure()
    {
        await StartRunsAsync(SseRerunPolicy.Never);
        await Store.AppendAsync("again", "data: half an answer\n\n"u8.ToArray(), null, null, CancellationToken.None);
        StreamClient waiting = await FollowAsync("again");

        (_, SseItem<string>[] ofFinder) = await ReadToFailureAsync("/again");
        (_, SseItem<string>[] ofWaiting) = await ReadToFailureAsync("/follow?topics=again", open: waiting);

        Assert.Equal(["half an answer", "{}"], ofFinder.Select(item => item.Data));
        Assert.Equal(["ssekit.failed"], ofWaiting.Select(item => item.EventType));
    }

    [Fact]
    public async Task A_run_whose_topic_is_deleted_stops()
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        await Deleter.DeleteAsync(Topic, null, CancellationToken.None);
        Feed.Write("late");

        (_, SseItem<string>[] items) = await ReadToFailureAsync("/writer", open: client);
        Assert.Equal(["ssekit.gap", "ssekit.failed"], items.Select(item => item.EventType));
        await Feed.Cancelled.OrTimeout();
        await RunIsOverAsync();
        Assert.Equal((0, SseTopicStatus.Failed), ((await StateAsync()).Latest.Sequence, (await StateAsync()).Status));
    }

    // No store can keep the epochs of all unused names forever.
    [Fact]
    public async Task A_run_without_recorded_head_begins_a_new_log()
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/headed", (HttpContext context) =>
        {
            context.Response.Headers["X-Chat-Id"] = "7";
            return TypedResults.ServerSentEvents(Feed.RunAsync());
        }).WithSseReplay(Topic));
        Store.Flush = async () =>
        {
            Store.Flush = null;
            await Deleter.DeleteAsync(Topic, null, CancellationToken.None);
        };
        string promised = (await StateAsync()).Latest.Epoch;

        StreamClient client = await StreamClient.OpenAsync(Client, "/headed");
        Feed.Write("1", "2");
        Feed.End();
        string[] data = await client.ReadToEndAsync();
        await RunIsOverAsync();
        using HttpResponseMessage late = await Client.GetAsync("/headed");

        Assert.Equal(["1", "2"], data[^2..]);
        Assert.NotEqual(promised, (await StateAsync()).Latest.Epoch);
        Assert.Equal(["7"], late.Headers.GetValues("X-Chat-Id"));
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Concurrent_requests_to_a_finished_run_start_one_run()
    {
        var finish = new Signal();
        int runs = 0;
        await StartReplayAppAsync(endpoints: app => app.MapSse(
            "/again",
            async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                int run = Interlocked.Increment(ref runs);
                await events.WriteAsync($"run {run}", cancellationToken);
                if (run > 1)
                {
                    await finish.WaitAsync(cancellationToken);
                }
            }).WithSseReplay("again", replay => replay.RerunPolicy = SseRerunPolicy.AfterEnd));
        Assert.Equal(["run 1"], await (await StreamClient.OpenAsync(Client, "/again")).ReadToEndAsync());
        await TestTimeout.UntilAsync(() => Runs.Find("again") is null);

        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => StreamClient.OpenAsync(Client, "/again")));
        string[][] begun = await Task.WhenAll(clients.Select(client => client.TakeAsync(1)));
        finish.Set();
        string[][] rest = await Task.WhenAll(clients.Select(client => client.ReadToEndAsync()));

        Assert.All(begun, data => Assert.Equal(["run 2"], data));
        Assert.All(rest, Assert.Empty);
        Assert.Equal(2, runs);
    }

    private Task StartRunsAsync(SseRerunPolicy runAgain) => StartReplayAppAsync(endpoints: app => app.MapSse(
        "/again",
        async (SseEventWriter events, CancellationToken cancellationToken) =>
            await events.WriteAsync($"run {Interlocked.Increment(ref _runs)}", cancellationToken))
        .WithSseReplay("again", replay => replay.RerunPolicy = runAgain));
}

using System.Net;
using System.Net.ServerSentEvents;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Which requests begin a run if servers share the store, and what the others leave behind.</summary>
public sealed class ReplayStartTests : ReplayTest
{
    [Fact]
    public async Task A_request_that_only_joins_finds_another_servers_run()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        StreamClient missing = await JoinAsync(b, "/runs/1");
        StreamClient begins = await BeginAsync(a, "/runs/1");

        StreamClient joins = await JoinAsync(b, "/runs/1");
        Write("1");
        EndHandlers();

        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Equal(HttpStatusCode.OK, begins.Status);
        Assert.Equal(["1"], await joins.ReadToEndAsync());
        Assert.Equal(1, HandlersRun);
    }

    [Fact]
    public async Task A_request_without_run_leaves_no_lease_or_topic()
    {
        KestrelApp app = await StartReplayAppAsync();

        StreamClient missing = await JoinAsync(app, "/runs/1");

        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Equal((0, SseTopicStatus.Open), ((await StateAsync(app, "run 1")).Latest.Sequence, (await StateAsync(app, "run 1")).Status));
        Assert.Equal(SseLeaseResult.Granted, await TakeLeaseAsync(app, "run 1"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_client_of_a_lost_run_never_runs_it_again(string method)
    {
        KestrelApp app = await StartReplayAppAsync(replay => replay.StartMethods = null);
        StreamClient first = await BeginAsync(app, "/runs/1");
        Write("1");
        EndHandlers();
        await first.ReadToEndAsync();
        await PublisherOf(app).DeleteAsync("run 1");
        KestrelApp other = await StartReplayAppAsync(replay => replay.StartMethods = null);

        StreamClient lost = await StreamClient.ConnectAsync(other.CreateClient(), "/runs/1", first.LastEventId, new HttpMethod(method));
        SseItem<string>[] items = await lost.ReadToBreakAsync();
        StreamClient again = await StreamClient.ConnectAsync(other.CreateClient(), "/runs/1", lost.LastEventId, new HttpMethod(method));

        Assert.Equal(["ssekit.open", "ssekit.gap", "ssekit.failed"], items.Select(item => item.EventType));
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
        Assert.Equal(1, HandlersRun);
        Assert.Equal(SseLeaseResult.Granted, await TakeLeaseAsync(app, "run 1"));
    }

    [Fact]
    public async Task A_run_over_the_limit_of_a_server_leaves_nothing()
    {
        KestrelApp full = await StartReplayAppAsync(options: options => options.MaxRuns = 1);
        KestrelApp other = await StartReplayAppAsync();
        await BeginAsync(full, "/runs/1");
        await BeginAsync(other, "/runs/2");

        StreamClient rejected = await BeginAsync(full, "/runs/3");
        StreamClient follows = await BeginAsync(full, "/runs/2");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, rejected.Status);
        Assert.Equal(HttpStatusCode.OK, follows.Status);
        Assert.Equal(2, HandlersRun);
        Assert.Equal(0, (await StateAsync(full, "run 3")).Latest.Sequence);
        Assert.Equal(SseLeaseResult.Granted, await TakeLeaseAsync(full, "run 3"));
    }
}

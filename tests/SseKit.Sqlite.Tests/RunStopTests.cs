using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>A run is found and stopped from another server that shares the store.</summary>
public sealed class RunStopTests : ReplayTest
{
    [Fact]
    public async Task Another_server_stops_a_silent_run()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        StreamClient begins = await BeginAsync(a, "/runs/1");
        StreamClient joins = await JoinAsync(b, "/runs/1");
        Write("1");
        Assert.Equal(["{}", "1"], await begins.TakeAsync(2));
        Assert.Equal(["{}", "1"], await joins.TakeAsync(2));
        Assert.True(await RunsOf(b).IsRunningAsync("run 1"));

        bool stopped = await RunsOf(b).StopAsync("run 1");

        Assert.True(stopped);
        Assert.False(await RunsOf(b).IsRunningAsync("run 1"));
        await HandlerStopped.WaitAsync();
        Assert.Empty(await begins.ReadToEndAsync());
        Assert.Empty(await joins.ReadToEndAsync());
        await TestTimeout.UntilAsync(() => RunsOf(a).GetRuns().Count == 0);
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync(b, "run 1")).Status);
        Assert.False(await RunsOf(b).StopAsync("run 1"));
        Assert.Equal(SseLeaseResult.Granted, await TakeLeaseAsync(b, "run 1"));
        Assert.Equal(HttpStatusCode.NoContent, (await BeginAsync(b, "/runs/1", begins.LastEventId)).Status);
        Assert.Equal(1, HandlersRun);
    }

    [Fact]
    public async Task A_run_is_listed_by_its_own_server_only()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        await BeginAsync(a, "/runs/1");

        Assert.Equal(["run 1"], RunsOf(a).GetRuns().Select(run => run.Topic));
        Assert.Empty(RunsOf(b).GetRuns());
    }

    [Fact]
    public async Task A_topic_of_the_app_is_not_stopped()
    {
        KestrelApp a = await StartReplayAppAsync();
        await PublisherOf(a).PublishAsync("orders", "1");
        await TakeLeaseAsync(a, "orders");

        Assert.False(await RunsOf(a).IsRunningAsync("orders"));
        Assert.False(await RunsOf(a).StopAsync("orders"));
        Assert.False(await RunsOf(a).StopAsync("unknown"));

        await PublisherOf(a).PublishAsync("orders", "2");
        Assert.Equal((0, SseTopicStatus.Open), ((await StateAsync(a, "unknown")).Latest.Sequence, (await StateAsync(a, "unknown")).Status));
    }

    [Fact]
    public async Task Deleting_the_topic_on_another_server_stops_the_run()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        await BeginAsync(a, "/runs/1");
        await TestTimeout.UntilAsync(() => StateAsync(b, "run 1").GetAwaiter().GetResult().Latest.Sequence > 0);

        await PublisherOf(b).DeleteAsync("run 1");

        await HandlerStopped.WaitAsync();
        await TestTimeout.UntilAsync(() => RunsOf(a).GetRuns().Count == 0);
    }

    private static ISseRuns RunsOf(KestrelApp app) => app.Services.GetRequiredService<ISseRuns>();
}

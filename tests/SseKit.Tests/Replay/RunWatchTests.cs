using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A run ends with its topic, also if its handler writes nothing.</summary>
public sealed class RunWatchTests : ReplayTest
{
    [Theory]
    [MemberData(nameof(ReplayTests.Kinds), MemberType = typeof(ReplayTests))]
    public async Task A_completion_of_the_topic_stops_an_idle_handler(string path)
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, path);

        await Publisher.CompleteAsync(Topic);

        await Feed.Cancelled.OrTimeout();
        Assert.Empty(await client.ReadToEndAsync());
        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
        LogRecord stopped = await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.RunStopped);
        Assert.Equal(LogLevel.Information, stopped.Level);
        Assert.Contains("TopicCompleted", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_of_the_topic_stops_an_idle_handler()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        await Publisher.DeleteAsync(Topic);

        await Feed.Cancelled.OrTimeout();
        (_, SseItem<string>[] items) = await ReadToFailureAsync("/writer", open: client);
        Assert.Equal(["ssekit.gap", "ssekit.failed"], items.Select(item => item.EventType));
        await RunIsOverAsync();
        Assert.Contains(Logs.Records, record => record.Id.Id == LogEventIds.RunStopped);
    }

    [Fact]
    public async Task A_completion_before_the_first_byte_ends_waiting_clients()
    {
        var entered = new Signal();
        await StartReplayAppAsync(endpoints: app => app.MapGet("/slow", async (CancellationToken ct) =>
        {
            entered.Set();
            await Task.Delay(Timeout.Infinite, ct);
            return "never";
        }).WithSseReplay(Topic));
        Task<StreamClient> first = StreamClient.ConnectAsync(Client, "/slow");
        await entered.WaitAsync();
        Task<StreamClient> second = StreamClient.ConnectAsync(Client, "/slow");

        await Publisher.CompleteAsync(Topic);

        Assert.Equal(HttpStatusCode.NoContent, (await first).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await second).Status);
        await RunIsOverAsync();
    }

    [Fact]
    public async Task Events_of_the_app_before_the_first_byte_reach_waiting_clients()
    {
        var entered = new Signal();
        await StartReplayAppAsync(endpoints: app => app.MapGet("/slow", async (CancellationToken ct) =>
        {
            entered.Set();
            await Task.Delay(Timeout.Infinite, ct);
            return "never";
        }).WithSseReplay(Topic));
        Task<StreamClient> waits = StreamClient.OpenAsync(Client, "/slow");
        await entered.WaitAsync();

        await Publisher.PublishAsync(Topic, "1");
        await Publisher.CompleteAsync(Topic);

        Assert.Equal(["1"], await (await waits).ReadToEndAsync());
    }

    [Fact]
    public async Task A_completion_before_the_handler_stops_the_run()
    {
        await StartReplayAppAsync(replay => replay.OnRunStarting = (_, _) =>
            Publisher.CompleteAsync(Topic).AsTask().GetAwaiter().GetResult());

        StreamClient client = await StreamClient.ConnectAsync(Client, "/writer");

        Assert.True(client.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{client.Status}");
        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task A_completion_during_an_outage_stops_the_run_later()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");

        // The announcement arrives while the store fails.
        Store.AfterChange = () => Store.Break();
        await Publisher.CompleteAsync(Topic);
        await TestTimeout.UntilAsync(() => Store.Refusals > 1);
        Store.Repair();

        await Feed.Cancelled.OrTimeout();
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Changes_of_other_topics_and_own_events_stop_no_run()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        await Publisher.CompleteAsync("other");
        Topics.AnnounceUnknown(null);
        Topics.AnnounceUnknown(Topic);
        Feed.Write("2");
        Feed.End();

        Assert.Equal(["2"], await client.ReadToEndAsync());
        Assert.False(Feed.Cancelled.IsCompleted);
        Assert.DoesNotContain(Logs.Records, record => record.Id.Id == LogEventIds.RunStopped);
    }
}

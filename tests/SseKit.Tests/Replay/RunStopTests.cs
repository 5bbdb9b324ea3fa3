using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Replay;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The app stops a run: its handler's token fires, and its followers end cleanly.</summary>
public sealed class RunStopTests : ReplayTest
{
    private readonly Signal _entered = new();
    private readonly Signal _mayEnd = new();

    private ISseRuns Service => App.Services.GetRequiredService<ISseRuns>();

    [Theory]
    [MemberData(nameof(ReplayTests.Kinds), MemberType = typeof(ReplayTests))]
    public async Task Stop_ends_a_silent_handler_and_its_followers(string path)
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, path);
        Feed.Write("1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        bool stopped = await Service.StopAsync(Topic);

        Assert.True(stopped);
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
        Assert.Empty(await client.ReadToEndAsync());
        await Feed.Cancelled.OrTimeout();
        await RunIsOverAsync();
        Assert.Equal(["1"], await (await StreamClient.OpenAsync(Client, path)).ReadToEndAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, path, client.LastEventId)).Status);
        Assert.Equal(1, Feed.Runs);
        LogRecord log = Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.RunStopped);
        Assert.Equal(LogLevel.Information, log.Level);
        Assert.Contains("Requested", log.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_ends_a_handler_that_writes()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/fast", async (SseEventWriter events, CancellationToken ct) =>
        {
            for (int i = 1; ; i++)
            {
                await events.WriteAsync(Number(i), ct);
            }
        }).WithSseReplay(Topic));
        StreamClient client = await StreamClient.OpenAsync(Client, "/fast");
        string[] first = await client.TakeAsync(100);

        Assert.True(await Service.StopAsync(Topic));

        string[] all = [.. first, .. await client.ReadToEndAsync()];
        await RunIsOverAsync();
        Assert.Equal(Numbers(1, all.Length), all);
        Assert.Equal(all.Length + RunHead.ControlEntries, (await StateAsync()).Latest.Sequence);
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_posting_client_gets_a_clean_end_without_terminator(bool throws)
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/chat", ["POST"], async (SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync("1", ct);
            await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(
                throws ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
        })
        .WithSseTerminator("[DONE]")
        .WithSseFailureEvent(_ => new SseItem<string>("failed"))
        .WithSseReplay(Topic, replay => replay.Format = SseFollowFormat.Plain));
        StreamClient client = await StreamClient.ConnectAsync(Client, "/chat", method: HttpMethod.Post);
        Assert.Equal(["1"], await client.TakeAsync(1));

        Assert.True(await Service.StopAsync(Topic));

        Assert.Empty(await client.ReadToEndAsync());
        await RunIsOverAsync();
    }

    [Fact]
    public async Task Events_after_the_stop_are_not_recorded()
    {
        Exception? failure = null;
        await StartReplayAppAsync(endpoints: app =>
        {
            app.MapSse("/writes", async (SseEventWriter events) =>
            {
                await events.WriteAsync("1", CancellationToken.None);
                await _mayEnd.WaitAsync(CancellationToken.None);
                failure = await Record.ExceptionAsync(() => events.WriteAsync("2", CancellationToken.None).AsTask());
            }).WithSseReplay("writes");
            app.MapGet("/by-hand", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n", CancellationToken.None);
                await _mayEnd.WaitAsync(CancellationToken.None);
                for (int i = 0; i < 100; i++)
                {
                    await context.Response.WriteAsync($"data: {new string('x', 10_000)}\n\n", CancellationToken.None);
                }
            }).WithSseReplay("by hand");
        });
        StreamClient writes = await StreamClient.OpenAsync(Client, "/writes");
        StreamClient byHand = await StreamClient.OpenAsync(Client, "/by-hand");
        await writes.TakeAsync(1);
        await byHand.TakeAsync(1);

        Assert.True(await Service.StopAsync("writes"));
        Assert.True(await Service.StopAsync("by hand"));

        Assert.Empty(await writes.ReadToEndAsync());
        Assert.Empty(await byHand.ReadToEndAsync());
        Assert.All(Service.GetRuns(), run => Assert.True(run.IsStopping));
        Assert.False(await Service.IsRunningAsync("writes"));
        _mayEnd.Set();
        await TestTimeout.UntilAsync(() => Service.GetRuns().Count == 0);
        Assert.IsType<OperationCanceledException>(failure, exactMatch: false);
        Assert.Equal(["1"], (await Publisher.ReadAsync("by hand").ToListAsync()).Select(item => item.Data));
    }

    [Fact]
    public async Task Of_many_stops_one_has_stopped_the_run()
    {
        await StartReplayAppAsync();
        await StreamClient.OpenAsync(Client, "/writer");

        bool[] stopped = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () => await Service.StopAsync(Topic))));

        Assert.Single(stopped, each => each);
        Assert.False(await Service.StopAsync(Topic));
        await RunIsOverAsync();
        Assert.False(await Service.StopAsync(Topic));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_before_the_first_byte_answers_the_waiting_clients(bool observesToken)
    {
        await StartSilentAppAsync(observesToken);
        Task<StreamClient> begins = StreamClient.ConnectAsync(Client, "/silent", method: HttpMethod.Post);
        await _entered.WaitAsync();
        Task<StreamClient> joins = StreamClient.ConnectAsync(Client, "/silent");

        Assert.True(await Service.StopAsync(Topic));

        Assert.Equal(HttpStatusCode.NoContent, (await begins).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await joins).Status);
        _mayEnd.Set();
        await RunIsOverAsync();
    }

    [Fact]
    public async Task Stop_while_the_run_is_about_to_begin_stops_it()
    {
        Task<bool>? stopping = null;
        await StartReplayAppAsync(replay => replay.OnRunStarting = (_, _) => stopping = Service.StopAsync(Topic).AsTask());

        StreamClient client = await StreamClient.ConnectAsync(Client, "/writer");

        Assert.True(await stopping!.OrTimeout());
        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
        Assert.True(client.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{client.Status}");
    }

    [Fact]
    public async Task Stop_without_a_run_changes_nothing()
    {
        await StartReplayAppAsync();
        await Publisher.PublishAsync("of the app", "1");

        Assert.False(await Service.StopAsync("unknown"));
        Assert.False(await Service.StopAsync("of the app"));
        Assert.False(await Service.IsRunningAsync("of the app"));

        await Publisher.PublishAsync("of the app", "2");
        Assert.True((await Store.GetStatesAsync(["unknown"], CancellationToken.None))[0].IsUnused);
        await Assert.ThrowsAsync<ArgumentException>(() => Service.StopAsync("").AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => Service.IsRunningAsync(new string('x', 257)).AsTask());
    }

    [Fact]
    public async Task Stop_while_the_host_stops_lets_it_stop_at_once()
    {
        await StartReplayAppAsync();
        await StreamClient.OpenAsync(Client, "/writer");
        Task stopping = App.StopAsync();
        await TestTimeout.UntilAsync(() => App.Services.GetRequiredService<StreamRuntime>().Stopping.IsCancellationRequested);

        bool stopped = await Service.StopAsync(Topic);

        Assert.True(stopped);
        await stopping.OrTimeout();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Stop_during_an_outage_fires_the_token_and_throws()
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync();
        await StreamClient.OpenAsync(Client, "/writer");
        Store.Break();

        await Assert.ThrowsAsync<IOException>(() => Service.StopAsync(Topic).AsTask());

        await Feed.Cancelled.OrTimeout();
        Store.Repair();
    }

    [Fact]
    public async Task Stop_during_an_outage_ends_followers_when_it_is_over()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);
        Store.Break();
        await Assert.ThrowsAsync<IOException>(() => Service.StopAsync(Topic).AsTask());
        int refusals = Store.Refusals;
        await TestTimeout.UntilAsync(() => Store.Refusals > refusals + 1);

        Store.Repair();

        Assert.Empty(await client.ReadToEndAsync());
        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Stop_during_an_outage_still_ends_waiting_clients()
    {
        await StartSilentAppAsync(observesToken: true);
        Task<StreamClient> begins = StreamClient.ConnectAsync(Client, "/silent");
        await _entered.WaitAsync();
        Task<StreamClient> joins = StreamClient.ConnectAsync(Client, "/silent");
        await TestTimeout.UntilAsync(() => Runs.Find(Topic) is { Followers: 2 });
        Store.Break();

        await Assert.ThrowsAsync<IOException>(() => Service.StopAsync(Topic).AsTask());
        Store.Repair();

        // A client that reads the state after the completion has nothing to read.
        foreach (StreamClient client in new[] { await begins, await joins })
        {
            Assert.True(client.Status == HttpStatusCode.NoContent || (await client.ReadToEndAsync()).Length == 0);
        }

        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task A_handler_stops_its_own_run()
    {
        bool? stopped = null;
        await StartReplayAppAsync(endpoints: app => app.MapSse("/own", async (SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync("1", ct);
            await _mayEnd.WaitAsync(CancellationToken.None);
            stopped = await Service.StopAsync(Topic, CancellationToken.None);
        }).WithSseReplay(Topic));
        StreamClient client = await StreamClient.OpenAsync(Client, "/own");
        await client.TakeAsync(1);

        _mayEnd.Set();

        Assert.Empty(await client.ReadToEndAsync());
        await RunIsOverAsync();
        Assert.True(stopped);
    }

    private Task StartSilentAppAsync(bool observesToken) => StartReplayAppAsync(
        endpoints: app => app.MapMethods("/silent", ["GET", "POST"], async (CancellationToken ct) =>
        {
            _entered.Set();
            await _mayEnd.WaitAsync(observesToken ? ct : CancellationToken.None);
            return Results.Text("never", statusCode: StatusCodes.Status418ImATeapot);
        }).WithSseReplay(Topic));
}

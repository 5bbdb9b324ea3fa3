using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class ReplayTests : ReplayTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Kinds => ["/writer", "/iterator", "/framework", "/hand", "/replay-controller"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handler_runs_once_for_all_clients(string path)
    {
        await StartReplayAppAsync();

        StreamClient[] together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StreamClient.OpenAsync(Client, path)));
        Feed.Write("1", "2", "3");
        Assert.All(await Task.WhenAll(together.Select(client => client.TakeAsync(2))), data => Assert.Equal(["1", "2"], data));
        StreamClient resumed = await StreamClient.OpenAsync(Client, path, together[0].LastEventId);
        Feed.End();
        string[] rest = await resumed.ReadToEndAsync();
        await RunIsOverAsync();
        StreamClient late = await StreamClient.OpenAsync(Client, path);
        string[] all = await late.ReadToEndAsync();
        StreamClient done = await StreamClient.ConnectAsync(Client, path, late.LastEventId);

        Assert.Equal(["3"], rest);
        Assert.Equal(["1", "2", "3"], all);
        Assert.Equal(HttpStatusCode.NoContent, done.Status);
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_run_continues_when_its_first_client_disconnects(string path)
    {
        await StartReplayAppAsync();
        StreamClient first = await StreamClient.OpenAsync(Client, path);
        Feed.Write("1");
        await first.TakeAsync(1);

        await first.DisposeAsync();
        await AllLeftAsync();
        Feed.Write("2", "3");
        Feed.End();
        await RunIsOverAsync();

        Assert.False(Feed.Cancelled.IsCompleted);
        Assert.Equal(["1", "2", "3"], await (await StreamClient.OpenAsync(Client, path)).ReadToEndAsync());
        Assert.Equal(["2", "3"], await (await StreamClient.OpenAsync(Client, path, first.LastEventId)).ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task Hand_written_bytes_become_events_with_positions()
    {
        const string Stream =
            "\ufeff: hello\r\nid: 7\r\nevent: a\r\nretry: 1234\r\ndata: x\r\ndata:  y\r\n\r\nid: 8\rdata: z\r\rdata\n\n"
            + ": comment\n\nid: 9\n\ndata: é\n\ndata: cut off";
        await StartReplayAppAsync(endpoints: app => app.MapGet("/bytes", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (byte value in Encoding.UTF8.GetBytes(Stream))
            {
                await context.Response.Body.WriteAsync(new[] { value });
                await context.Response.Body.FlushAsync();
            }
        }).WithSseReplay("bytes"));

        StreamClient client = await StreamClient.OpenAsync(Client, "/bytes");
        List<SseItem<string>> items = [];
        while (await client.TryNextAsync() is { } item)
        {
            items.Add(item);
        }

        string epoch = client.LastEventId.Split('-')[0];
        Assert.Equal(
            [
                new SseItem<string>("x\n y", "a") { EventId = epoch + "-2", ReconnectionInterval = TimeSpan.FromMilliseconds(1234) },
                new SseItem<string>("z") { EventId = epoch + "-3" },
                new SseItem<string>("") { EventId = epoch + "-4" },
                new SseItem<string>("é") { EventId = epoch + "-5" },
            ],
            items);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_failed_run_aborts_its_followers_and_later_ones(string path)
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync();
        StreamClient live = await StreamClient.OpenAsync(Client, path);

        Feed.Write("1", "2");
        Feed.End(new InvalidOperationException("The model is unavailable."));
        (_, SseItem<string>[] ofLive) = await ReadToFailureAsync(path, open: live);
        await RunIsOverAsync();
        (StreamClient late, SseItem<string>[] ofLate) = await ReadToFailureAsync(path);
        StreamClient ended = await StreamClient.ConnectAsync(Client, path, late.LastEventId);

        Assert.Equal(["message 1", "message 2", "ssekit.failed {}"], ofLive.Select(item => $"{item.EventType} {item.Data}"));
        Assert.Equal(ofLive, ofLate);
        Assert.Equal(HttpStatusCode.NoContent, ended.Status);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_failure_before_the_first_event_is_reported()
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync();
        Feed.End(new InvalidOperationException("The model is unavailable."));

        StreamClient first = await StreamClient.OpenAsync(Client, "/writer");
        (_, SseItem<string>[] ofFirst) = await ReadToFailureAsync("/writer", open: first);
        await RunIsOverAsync();
        (_, SseItem<string>[] ofLate) = await ReadToFailureAsync("/writer");

        Assert.Equal(["ssekit.failed"], ofFirst.Select(item => item.EventType));
        Assert.Equal(["ssekit.failed"], ofLate.Select(item => item.EventType));
    }

    [Fact]
    public async Task A_run_without_followers_is_stopped_by_option()
    {
        var time = new ManualTimeProvider();
        await StartReplayAppAsync(replay => replay.StopWithoutFollowersAfter = Minute, time: time);
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        await client.DisposeAsync();
        await time.TimerArmedAsync(Minute);
        time.Advance(Minute);
        await Feed.Cancelled.OrTimeout();
        await RunIsOverAsync();

        (_, SseItem<string>[] rest) = await ReadToFailureAsync("/writer", client.LastEventId.Split('-')[0] + "-0");
        Assert.Equal(["message", "ssekit.failed"], rest.Select(item => item.EventType));
    }

    [Fact]
    public async Task A_client_that_reconnects_in_time_finds_the_run()
    {
        var time = new ManualTimeProvider();
        await StartReplayAppAsync(replay => replay.StopWithoutFollowersAfter = Minute, time: time);
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        await client.DisposeAsync();
        await time.TimerArmedAsync(Minute);
        time.Advance(Minute / 2);

        StreamClient again = await StreamClient.OpenAsync(Client, "/writer", client.LastEventId);
        time.Advance(Minute);
        Feed.Write("1");
        Feed.End();

        Assert.Equal(["1"], await again.ReadToEndAsync());
        Assert.False(Feed.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task A_request_that_read_before_the_run_began_joins_it()
    {
        await StartReplayAppAsync();
        var looks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var look = new TaskCompletionSource();
        Store.BeforeGetState = () =>
        {
            Store.BeforeGetState = null;
            looks.SetResult();
            return look.Task;
        };
        Task<StreamClient> slow = StreamClient.OpenAsync(Client, "/writer");
        await looks.Task.OrTimeout();
        StreamClient fast = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        Assert.Equal(["1"], await fast.TakeAsync(1));

        look.SetResult();
        StreamClient joined = await slow;
        Feed.Write("2");
        Feed.End();

        Assert.Equal(["2"], await fast.ReadToEndAsync());
        Assert.Equal(["1", "2"], await joined.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [InlineData(SseRerunPolicy.Never, false, false)]
    [InlineData(SseRerunPolicy.Never, true, false)]
    [InlineData(SseRerunPolicy.AfterFailure, false, false)]
    [InlineData(SseRerunPolicy.AfterFailure, true, true)]
    [InlineData(SseRerunPolicy.AfterEnd, false, true)]
    [InlineData(SseRerunPolicy.AfterEnd, true, true)]
    public async Task A_topic_runs_again_by_the_option(SseRerunPolicy runAgain, bool failing, bool isRerun)
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        int count = 0;
        await StartReplayAppAsync(endpoints: app => app.MapSse("/again", async (SseEventWriter events) =>
        {
            await events.WriteAsync($"run {Interlocked.Increment(ref count)}");
            if (failing)
            {
                throw new InvalidOperationException("The model is unavailable.");
            }
        }).WithSseReplay("again", replay => replay.RerunPolicy = runAgain));
        StreamClient first = await StreamClient.OpenAsync(Client, "/again");
        Assert.Equal(["run 1"], await first.TakeAsync(1));
        await TestTimeout.UntilAsync(() => Runs.Find("again") is null);

        string data = failing
            ? (await ReadToFailureAsync("/again")).Items[0].Data
            : await (await StreamClient.OpenAsync(Client, "/again")).TakeAsync(1) is [var only] ? only : "";

        Assert.Equal(isRerun, data != "run 1");
        Assert.Equal(isRerun, count > 1);
    }

    [Fact]
    public async Task A_stopping_host_waits_for_a_run()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");

        Task stopping = App.StopAsync();
        await client.ReadToEndAsync();
        Feed.Write("late");
        Feed.End();
        await stopping.OrTimeout();

        // After the head.
        Assert.Equal((2, SseTopicStatus.Completed), ((await StateAsync()).Latest.Sequence, (await StateAsync()).Status));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_run_that_exceeds_the_time_of_a_stop_is_marked(bool listens, bool ofHost)
    {
        var never = new TaskCompletionSource();
        await StartReplayAppAsync(
            endpoints: app => app.MapSse("/long", async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", cancellationToken);
                await never.Task.WaitAsync(listens ? cancellationToken : CancellationToken.None);
            }).WithSseReplay(Topic),
            services: builder =>
            {
                var brief = TimeSpan.FromMilliseconds(200);
                builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ofHost ? brief : TimeSpan.FromHours(1));
                builder.Services.Configure<SseOptions>(sse => sse.DrainTimeout = ofHost ? TimeSpan.FromHours(1) : brief);
            });
        StreamClient client = await StreamClient.OpenAsync(Client, "/long");
        await client.TakeAsync(1);

        await App.StopAsync().OrTimeout();

        Assert.Equal(SseTopicStatus.Failed, (await StateAsync()).Status);
        never.SetResult();
    }

    [Fact]
    public async Task An_outage_of_the_store_delays_a_run()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        Store.Break();
        Feed.Write("2");
        await TestTimeout.UntilAsync(() => Store.Refusals > 0);
        Store.Repair();
        Assert.Equal(["2"], await client.TakeAsync(1));
        Store.Break();
        int before = Store.Refusals;
        Feed.End();
        await TestTimeout.UntilAsync(() => Store.Refusals > before);
        Store.Repair();

        Assert.Empty(await client.ReadToEndAsync());
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Replay_topic_may_come_from_an_asynchronous_lookup()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/looked-up", () => Feed.RunAsync(default)).WithSseReplay(async context =>
        {
            await Task.Yield();
            return context.Request.Query["topic"].ToString();
        }));
        StreamClient client = await StreamClient.OpenAsync(Client, "/looked-up?topic=a");
        StreamClient again = await StreamClient.OpenAsync(Client, "/looked-up?topic=a");
        Feed.Write("1");
        Feed.End();

        Assert.Equal(["1"], await client.ReadToEndAsync());
        Assert.Equal(["1"], await again.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task An_outage_is_logged_once_for_runs_and_clients()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/other", () => Feed.RunAsync(default)).WithSseReplay("other"));
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        Store.Break();
        Feed.Write("2");
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Client.GetAsync("/other")).StatusCode);
        }

        await TestTimeout.UntilAsync(() => Store.Refusals > 8);
        Store.Repair();
        Assert.Equal(["2"], await client.TakeAsync(1));
        await Logs.WaitForAsync(record => record.Message.StartsWith("The event store answers again", StringComparison.Ordinal));

        Assert.Single(Logs.Records, record => record.Level == LogLevel.Warning && record.Category == "SseKit");
        Feed.End();
    }

    [Fact]
    public async Task A_client_during_an_outage_gets_a_retry()
    {
        await StartReplayAppAsync();
        Store.Break();
        using var ofEventSource = new HttpRequestMessage(HttpMethod.Get, "/writer");
        ofEventSource.Headers.Add("Accept", "text/event-stream");

        HttpResponseMessage browser = await Client.SendAsync(ofEventSource);
        HttpResponseMessage other = await Client.GetAsync("/writer");

        Assert.Equal(HttpStatusCode.OK, browser.StatusCode);
        Assert.Matches("^retry: [0-9]+\n$", await browser.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, other.StatusCode);
        Assert.NotNull(other.Headers.RetryAfter);
        Assert.Equal(0, Feed.Runs);
    }

    [Fact]
    public async Task An_event_that_cannot_be_stored_fails_the_run()
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync(options: options => options.MaxEventSize = 1024);
        StreamClient client = await StreamClient.OpenAsync(Client, "/hand");

        Feed.Write("1", new string('x', 2000));
        Feed.Write([.. Enumerable.Repeat(new string('y', 1000), 500)]);

        (_, SseItem<string>[] items) = await ReadToFailureAsync("/hand", open: client);
        Assert.Equal(["message", "ssekit.failed"], items.Select(item => item.EventType));
        await Feed.Cancelled.OrTimeout();
    }

    [Fact]
    public async Task An_app_that_completes_the_topic_ends_its_run()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        await Publisher.CompleteAsync(Topic);
        Feed.Write("2");

        Assert.Empty(await client.ReadToEndAsync());
        await Feed.Cancelled.OrTimeout();
        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The requests that may begin a run, and the answers to others if there is none.</summary>
public sealed class ReplayStartTests : ReplayTest
{
    private const string ForeignId = "0123456789abcdef-7";

    [Fact]
    public async Task A_method_that_only_joins_gets_404_without_run()
    {
        await StartJoinableAppAsync();

        using HttpResponseMessage missing = await Client.GetAsync("/run");
        StreamClient begins = await StreamClient.ConnectAsync(Client, "/run", method: HttpMethod.Post);
        StreamClient joins = await StreamClient.OpenAsync(Client, "/run");
        Feed.Write("1");
        Feed.End();

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal("application/problem+json", missing.Content.Headers.ContentType?.MediaType);
        Assert.Equal(404, (await missing.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetInt32());
        Assert.True(missing.Headers.CacheControl?.NoStore);
        Assert.Equal(HttpStatusCode.OK, begins.Status);
        Assert.Equal(["1"], await joins.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [InlineData(SseMissingRun.NotFound, null, HttpStatusCode.NotFound)]
    [InlineData(SseMissingRun.NotFound, ForeignId, HttpStatusCode.NotFound)]
    [InlineData(SseMissingRun.NoContent, null, HttpStatusCode.NoContent)]
    [InlineData(SseMissingRun.NoContent, ForeignId, HttpStatusCode.NoContent)]
    public async Task A_missing_run_has_the_endpoints_answer(
        SseMissingRun answer, string? id, HttpStatusCode status)
    {
        await StartJoinableAppAsync(replay => replay.MissingRun = answer);

        StreamClient[] missing = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StreamClient.ConnectAsync(Client, "/run", id)));

        Assert.All(missing, client => Assert.Equal(status, client.Status));
        Assert.Equal((0, 0), (Feed.Runs, Runs.Count));
        Assert.True((await StateAsync()).IsUnused);
    }

    [Fact]
    public async Task A_request_that_only_joins_follows_a_complete_run()
    {
        await StartJoinableAppAsync(replay => replay.RerunPolicy = SseRerunPolicy.AfterEnd);
        Feed.Write("1");
        Feed.End();
        await StreamClient.ConnectAsync(Client, "/run", method: HttpMethod.Post);
        await RunIsOverAsync();

        string[] first = await (await StreamClient.OpenAsync(Client, "/run")).ReadToEndAsync();
        string[] second = await (await StreamClient.OpenAsync(Client, "/run")).ReadToEndAsync();

        Assert.Equal(["1"], first);
        Assert.Equal(["1"], second);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_request_that_joins_a_run_without_stream_gets_404()
    {
        var entered = new Signal();
        var mayAnswer = new Signal();
        await StartReplayAppAsync(endpoints: app => app.MapMethods("/refuse", ["GET", "POST"], async () =>
        {
            entered.Set();
            await mayAnswer.WaitAsync(CancellationToken.None);
            return Results.Unauthorized();
        }).WithSseReplay(Topic, replay => replay.StartMethods = ["POST"]));
        Task<HttpResponseMessage> begins = Client.PostAsync("/refuse", content: null);
        await entered.WaitAsync();

        Task<HttpResponseMessage> joins = Client.GetAsync("/refuse");
        mayAnswer.Set();

        Assert.Equal(HttpStatusCode.Unauthorized, (await begins).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await joins).StatusCode);
    }

    [Theory]
    [InlineData("/handler")]
    [InlineData("/no-handler")]
    [InlineData("/looked-up")]
    public async Task An_endpoint_without_methods_that_begin_runs_only_joins(string path)
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.MapSse("/handler", (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(Topic, replay => replay.StartMethods = []);
            app.MapSseRun("/no-handler", _ => Topic, replay => replay.StartMethods = ["GET"]);
            app.MapSseRun("/looked-up", async _ =>
            {
                await Task.Yield();
                return Topic;
            });
        });

        StreamClient missing = await StreamClient.ConnectAsync(Client, path);
        await StreamClient.OpenAsync(Client, "/writer");
        StreamClient joins = await StreamClient.OpenAsync(Client, path);
        Feed.End();

        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Empty(await joins.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [InlineData("/result", true)]
    [InlineData("/result", false)]
    [InlineData("/delegate", true)]
    [InlineData("/writer", true)]
    [InlineData("/iterator", true)]
    public async Task Head_begins_no_run(string path, bool hasTopic)
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.MapSse("/result", IResult () => TypedResults.ServerSentEvents(Feed.RunAsync()))
                .WithSseReplay(_ => hasTopic ? Topic : null, replay => replay.StartMethods = ["GET"]);
            app.MapMethods("/delegate", ["GET", "HEAD"], (RequestDelegate)(async context =>
            {
                await foreach (string item in Feed.RunAsync())
                {
                    await context.Response.WriteAsync(item);
                }
            })).WithSseReplay(Topic);
        });
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using HttpResponseMessage response = await Client.SendAsync(request);

        Assert.Equal(hasTopic ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(hasTopic ? "text/event-stream" : "application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((0, 0), (Feed.Runs, Runs.Count));
        Assert.True((await StateAsync()).IsUnused);
    }

    [Theory]
    [InlineData("/join", HttpStatusCode.NotFound)]
    [InlineData("/join-or-nothing", HttpStatusCode.NoContent)]
    public async Task Head_shows_whether_there_is_a_run(string path, HttpStatusCode missing)
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.MapSseRun("/join", _ => Topic);
            app.MapSseRun("/join-or-nothing", _ => Topic, replay => replay.MissingRun = SseMissingRun.NoContent);
        });

        HttpStatusCode before = await HeadAsync();
        StreamClient begins = await StreamClient.OpenAsync(Client, "/writer");
        HttpStatusCode during = await HeadAsync();
        Feed.End();
        await begins.ReadToEndAsync();
        await RunIsOverAsync();
        HttpStatusCode after = await HeadAsync();

        Assert.Equal((missing, HttpStatusCode.OK, HttpStatusCode.OK), (before, during, after));

        async Task<HttpStatusCode> HeadAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using HttpResponseMessage response = await Client.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData("GET", SseRerunPolicy.Never)]
    [InlineData("POST", SseRerunPolicy.Never)]
    [InlineData("GET", SseRerunPolicy.AfterFailure)]
    [InlineData("POST", SseRerunPolicy.AfterFailure)]
    public async Task A_client_of_a_lost_run_never_runs_it_again(string method, SseRerunPolicy policy)
    {
        await StartJoinableAppAsync(replay =>
        {
            replay.StartMethods = null;
            replay.RerunPolicy = policy;
        });
        StreamClient first = await StreamClient.ConnectAsync(Client, "/run", method: HttpMethod.Post);
        Feed.Write("1");
        Feed.End();
        await first.ReadToEndAsync();
        await RunIsOverAsync();
        await Publisher.DeleteAsync(Topic);

        StreamClient lost = await StreamClient.ConnectAsync(Client, "/run", first.LastEventId, new HttpMethod(method));
        SseItem<string>[] items = await lost.ReadToBreakAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/run", lost.LastEventId, new HttpMethod(method));

        Assert.Equal(["ssekit.open", "ssekit.gap", "ssekit.failed"], items.Select(item => item.EventType));
        Assert.Equal("""{"reason":"unknown"}""", items[1].Data);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
        Assert.Equal((1, 0), (Feed.Runs, Runs.Count));
        Assert.True((await StateAsync()).IsUnused);
        Assert.Contains(Logs.Records, record => record.Id.Id == LogEventIds.RunLost && record.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task A_gap_of_a_lost_run_has_no_id()
    {
        await StartReplayAppAsync();

        using StreamingResponse lost = await Client.OpenAsync("/writer", ("Last-Event-ID", ForeignId));
        string body = await lost.ReadToBreakAsync();

        Assert.Matches(
            "event: ssekit.open\ndata: {}\n\nevent: ssekit.gap\ndata: {\"reason\":\"unknown\"}\n\n"
            + "event: ssekit.failed\ndata: {}\nid: [^\n]+-0~\n\n$",
            body);
    }

    [Fact]
    public async Task An_invalid_last_event_id_begins_no_run()
    {
        await StartReplayAppAsync();

        StreamClient client = await StreamClient.ConnectAsync(Client, "/writer", new string('x', 200));

        Assert.Contains(await client.ReadToBreakAsync(), item => item.EventType == "ssekit.failed");
        Assert.Equal(0, Feed.Runs);
    }

    [Theory]
    [InlineData(SseFollowFormat.Ids)]
    [InlineData(SseFollowFormat.Plain)]
    public async Task A_lost_run_of_another_format_aborts_the_stream(SseFollowFormat format)
    {
        await StartJoinableAppAsync(
            replay =>
            {
                replay.StartMethods = null;
                replay.Format = format;
            },
            options => options.FailureEvent = _ => new SseItem<string>("lost"));

        StreamClient lost = await StreamClient.ConnectAsync(Client, "/run", ForeignId, HttpMethod.Post);
        SseItem<string>[] items = await lost.ReadToBreakAsync();

        SseItem<string> item = Assert.Single(items);
        Assert.Equal("lost", item.Data);
        Assert.True(format == SseFollowFormat.Ids ? item.EventId?.EndsWith("-0~", StringComparison.Ordinal) : item.EventId is null);
        Assert.Equal(0, Feed.Runs);
    }

    [Fact]
    public async Task A_lost_run_runs_again_with_AfterEnd()
    {
        await StartJoinableAppAsync(replay =>
        {
            replay.StartMethods = null;
            replay.RerunPolicy = SseRerunPolicy.AfterEnd;
        });
        Feed.Write("1");
        Feed.End();

        StreamClient client = await StreamClient.OpenAsync(Client, "/run", ForeignId);
        List<string> types = [];
        while (await client.TryNextAsync() is { } item)
        {
            types.Add(item.EventType);
        }

        Assert.Equal(["ssekit.gap", "message"], types);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_page_rendered_before_the_run_begins_it()
    {
        await StartReplayAppAsync();
        string? rendered = await Publisher.GetLastEventIdAsync(Topic);

        StreamClient client = await StreamClient.OpenAsync(Client, "/writer", rendered);
        Feed.Write("1");
        Feed.End();

        Assert.Equal(["1"], await client.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_client_of_an_evicted_run_follows_it()
    {
        await StartReplayAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1");
        await client.TakeAsync(1);

        StreamClient again = await StreamClient.OpenAsync(Client, "/writer", ForeignId);

        Assert.Equal(["ssekit.gap", "message"], [(await again.NextAsync()).EventType, (await again.NextAsync()).EventType]);
        Feed.End();
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task Invalid_options_are_refused_when_mapped()
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            RouteHandlerBuilder endpoint = app.MapSse("/run", (CancellationToken ct) => Feed.RunAsync(ct));
            Assert.Throws<ArgumentException>(() => endpoint.WithSseReplay(Topic, replay => replay.StartMethods = ["POST", ""]));
            Assert.Throws<ArgumentOutOfRangeException>(
                () => endpoint.WithSseReplay(Topic, replay => replay.MissingRun = (SseMissingRun)7));
        });
    }

    private Task StartJoinableAppAsync(Action<SseReplayOptions>? replay = null, Action<SseOptions>? options = null) => StartReplayAppAsync(
        options: options,
        endpoints: app => app.MapSse("/run", ["GET", "POST"], (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(Topic, each =>
        {
            each.StartMethods = ["POST"];
            replay?.Invoke(each);
        }));
}

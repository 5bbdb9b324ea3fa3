using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>What clients get of the status and the headers that the handler of a run has set.</summary>
public sealed class ReplayHeadTests : ReplayTest
{
    private const string ChatId = "X-Chat-Id";
    private const string UiStream = "x-vercel-ai-ui-message-stream";

    public static TheoryData<string> Writers => ["result", "writer", "hand", "controller"];

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Only_the_first_client_gets_cookies(string writer)
    {
        await StartHeadAppAsync();
        string path = $"/head/{writer}";

        using HttpResponseMessage starter = await BeginAsync(path);
        using HttpResponseMessage second = await BeginAsync(path);
        Feed.Write("1");
        Feed.End();
        await Task.WhenAll(starter.Content.ReadAsStringAsync(), second.Content.ReadAsStringAsync());
        await RunIsOverAsync();
        using HttpResponseMessage late = await BeginAsync(path);

        Assert.Equal(["run=1; path=/"], starter.Headers.GetValues("Set-Cookie"));
        Assert.All([starter, second, late], response =>
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal(["7"], response.Headers.GetValues(ChatId));
            Assert.Equal(["v1"], response.Headers.GetValues(UiStream));
            Assert.Equal(["a", "b"], response.Headers.GetValues("X-List"));
            Assert.Equal(["starting"], response.Headers.GetValues("X-Starting"));
            Assert.Equal(["identity"], response.Content.Headers.ContentEncoding);
            Assert.True(response.Headers.CacheControl is { NoStore: true, NoTransform: true, NoCache: true, MaxAge: null });
            Assert.True(response.Headers.TransferEncodingChunked);
            Assert.Single(response.Headers.GetValues("Date"));
            Assert.NotEqual("handler", response.Headers.Server.ToString());
            Assert.False(response.Headers.Contains("Keep-Alive"));
            Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        });
        Assert.All([second, late], response => Assert.False(response.Headers.Contains("Set-Cookie")));
        Assert.Contains("data: 1\n", await late.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_stream_without_events_begins_with_its_head()
    {
        await StartHeadAppAsync();
        using HttpResponseMessage starter = await BeginAsync("/head/result");
        await TestTimeout.UntilAsync(async () => (await StateAsync()).Latest.Sequence == 1);

        StreamClient late = await StreamClient.OpenAsync(Client, "/follow?topics=" + Topic, (await StateAsync()).Latest.Epoch + "-0");
        Feed.Write("1");
        Feed.End();

        Assert.Equal(["1"], await late.ReadToEndAsync());
        Assert.Equal(["1"], (await Publisher.ReadAsync(Topic).ToListAsync()).Select(item => item.Data));
    }

    [Fact]
    public async Task A_header_of_the_followers_own_request_is_kept()
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.Use((context, next) =>
            {
                context.Response.Cookies.Append("middleware", "own");
                return next(context);
            });
            app.MapGet("/head", (HttpContext context) =>
            {
                context.Response.Headers["X-Own"] = "handler";
                context.Response.Headers[ChatId] = "7";
                context.Response.Cookies.Append("run", "1");
                return TypedResults.ServerSentEvents(Feed.RunAsync());
            })
            .AddEndpointFilter((invocation, next) =>
            {
                invocation.HttpContext.Response.Headers["X-Own"] = "filter";
                invocation.HttpContext.Response.Headers["X-Filter"] = "filter";
                return next(invocation);
            })
            .WithSseReplay(Topic);
        });

        using HttpResponseMessage starter = await BeginAsync("/head");
        using HttpResponseMessage follower = await BeginAsync("/head");

        // As without replay, the handler has the last word in the response to its own request.
        Assert.Equal(["handler"], starter.Headers.GetValues("X-Own"));
        Assert.Equal(["filter"], follower.Headers.GetValues("X-Own"));
        Assert.Equal(["middleware=own; path=/", "run=1; path=/"], starter.Headers.GetValues("Set-Cookie"));
        Assert.Equal(["middleware=own; path=/"], follower.Headers.GetValues("Set-Cookie"));
        Assert.All([starter, follower], response => Assert.Equal(["filter"], response.Headers.GetValues("X-Filter")));
        Assert.All([starter, follower], response => Assert.Equal(["7"], response.Headers.GetValues(ChatId)));
        Feed.End();
    }

    [Theory]
    [InlineData("text/event-stream; v=1", "text/event-stream; v=1; charset=utf-8")]
    [InlineData("text/event-stream; charset=utf-8; v=1", "text/event-stream; charset=utf-8; v=1")]
    [InlineData("text/event-stream", "text/event-stream; charset=utf-8")]
    public async Task Parameters_of_the_content_type_are_those_of_the_handler(string chosen, string expected)
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/typed", async (HttpContext context) =>
        {
            context.Response.ContentType = chosen;
            await context.Response.Body.FlushAsync();
            await Feed.RunAsync().FirstOrDefaultAsync();
        }).WithSseReplay(Topic));

        using HttpResponseMessage starter = await BeginAsync("/typed");
        using HttpResponseMessage follower = await BeginAsync("/typed");

        Assert.Equal(expected, starter.Content.Headers.ContentType!.ToString());
        Assert.Equal(expected, follower.Content.Headers.ContentType!.ToString());
        Feed.End();
    }

    [Theory]
    [InlineData(204, false)]
    [InlineData(205, false)]
    [InlineData(206, true)]
    [InlineData(299, true)]
    [InlineData(302, false)]
    [InlineData(503, false)]
    public async Task A_stream_has_a_status_of_success_and_a_body(int status, bool isStream)
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/status", (HttpContext context) =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/event-stream";
        }).WithSseReplay(Topic));

        using HttpResponseMessage response = await Client.GetAsync("/status");
        await RunIsOverAsync();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(isStream, !(await StateAsync()).IsUnused);
    }

    [Fact]
    public async Task A_refused_client_gets_no_status_of_the_run()
    {
        await StartHeadAppAsync(options => options.MaxConnections = 1);
        using HttpResponseMessage starter = await BeginAsync("/head/result");
        using var ofEventSource = new HttpRequestMessage(HttpMethod.Get, "/head/result");
        ofEventSource.Headers.Add("Accept", "text/event-stream");

        using HttpResponseMessage browser = await Client.SendAsync(ofEventSource);
        using HttpResponseMessage other = await Client.GetAsync("/head/result");

        Assert.Equal(HttpStatusCode.OK, browser.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, other.StatusCode);
        Feed.End();
    }

    [Theory]
    [InlineData("X-Large", 17_000, "at most 16384")]
    [InlineData("X-Line", -1, "'X-Line'")]
    public async Task A_head_that_cannot_be_kept_fails_the_handler(string name, int length, string named)
    {
        Logs.ExpectError(record => record.Exception?.Message.Contains(named, StringComparison.Ordinal) == true);
        await StartReplayAppAsync(endpoints: app => app.MapGet("/bad", (HttpContext context) =>
        {
            context.Response.Headers[name] = length < 0 ? "a\r\nSet-Cookie: b" : new string('x', length);
            return TypedResults.ServerSentEvents(Feed.RunAsync(context.RequestAborted));
        }).WithSseReplay(Topic));

        using HttpResponseMessage response = await Client.GetAsync("/bad");
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.True((await StateAsync()).IsUnused);
        await Feed.Cancelled.OrTimeout();
    }

    [Fact]
    public async Task A_run_without_events_needs_no_second_request()
    {
        await StartHeadAppAsync();
        Feed.End();
        using HttpResponseMessage starter = await BeginAsync("/head/result");
        await starter.Content.ReadAsStringAsync();
        await RunIsOverAsync();

        using HttpResponseMessage late = await BeginAsync("/head/result");

        Assert.Equal(HttpStatusCode.NoContent, late.StatusCode);
        Assert.Equal(["7"], late.Headers.GetValues(ChatId));
    }

    [Fact]
    public async Task A_run_fails_if_its_topic_has_other_events()
    {
        Logs.ExpectError(record => record.Exception?.Message.Contains("got events of other code", StringComparison.Ordinal) == true);
        await StartHeadAppAsync();
        Store.Flush = async () =>
        {
            Store.Flush = null;
            await Publisher.PublishAsync(Topic, "foreign");
        };

        (_, SseItem<string>[] items) = await ReadToFailureAsync("/head/hand?status=200");

        Assert.Equal("ssekit.failed", items[^1].EventType);
    }

    [Fact]
    public async Task Headers_and_status_are_refused_after_the_stream_has_opened()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/late", async (HttpContext context, SseEventWriter events) =>
        {
            HttpResponse response = context.Response;
            foreach (Action late in (Action[])
            [
                () => response.Headers[ChatId] = "7",
                () => response.Cookies.Append("run", "1"),
                () => response.StatusCode = 201,
                () => response.OnStarting(() => Task.CompletedTask),
            ])
            {
                await events.WriteAsync(Record.Exception(late)?.GetType().Name ?? "nothing");
            }
        }).WithSseReplay(Topic));

        StreamClient client = await StreamClient.OpenAsync(Client, "/late");

        Assert.Equal(Enumerable.Repeat(nameof(InvalidOperationException), 4), await client.ReadToEndAsync());
    }

    private Task StartHeadAppAsync(Action<SseOptions>? options = null) => StartReplayAppAsync(
        options: options,
        endpoints: app =>
        {
            app.MapGet("/head/result", (HttpContext context) =>
            {
                SetHead(context);
                return TypedResults.ServerSentEvents(Feed.RunAsync());
            }).WithSseReplay(Topic);
            app.MapGet("/head/writer", async (HttpContext context) =>
            {
                SetHead(context);
                context.Response.ContentType = "text/event-stream";
                var events = new SseEventWriter(context.Response.BodyWriter);
                await events.WriteCommentAsync("open");
                await foreach (string item in Feed.RunAsync())
                {
                    await events.WriteAsync(item);
                }
            }).WithSseReplay(Topic);
            app.MapGet("/head/hand", async (HttpContext context) =>
            {
                SetHead(context);
                context.Response.ContentType = "text/event-stream";
                context.Response.Headers.ContentEncoding = "none";
                await context.Response.Body.FlushAsync();
                await foreach (string item in Feed.RunAsync(context.RequestAborted))
                {
                    await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {item}\n\n"));
                }
            }).WithSseReplay(Topic);
        });

    private Task<HttpResponseMessage> BeginAsync(string path) =>
        Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead).OrTimeout();

    internal static void SetHead(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = context.Request.Query.ContainsKey("status") ? StatusCodes.Status200OK : StatusCodes.Status201Created;
        response.Headers[ChatId] = "7";
        response.Headers[UiStream] = "v1";
        response.Headers["X-List"] = new[] { "a", "b" };
        response.Headers["Keep-Alive"] = "timeout=5";
        response.Headers.CacheControl = "max-age=60";
        response.Headers.Server = "handler";
        response.Headers.Date = "handler";
        response.Cookies.Append("run", "1");
        response.OnStarting(() =>
        {
            response.Headers["X-Starting"] = "starting";
            return Task.CompletedTask;
        });
    }
}

[Route("head")]
public sealed class HeadController(ReplayFeed feed) : ControllerBase
{
    [HttpGet("controller")]
    public IResult Get()
    {
        ReplayHeadTests.SetHead(HttpContext);
        return TypedResults.ServerSentEvents(feed.RunAsync());
    }
}

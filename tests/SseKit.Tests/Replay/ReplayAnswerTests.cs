using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class ReplayAnswerTests : ReplayTest
{
    private int _requests;

    [Theory]
    [InlineData("unauthorized", HttpStatusCode.Unauthorized, "")]
    [InlineData("missing", HttpStatusCode.NotFound, "{\"title\":\"no such answer\"}")]
    [InlineData("json", HttpStatusCode.OK, "{\"title\":\"not now\"}")]
    [InlineData("redirect", HttpStatusCode.Found, "")]
    [InlineData("failure", HttpStatusCode.InternalServerError, "")]
    public async Task A_response_that_is_no_stream_reaches_its_client(
        string kind, HttpStatusCode status, string body)
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException { Message: "broken" });
        await StartReplayAppAsync(endpoints: app => app.MapGet("/answer", (HttpContext context) =>
        {
            context.Response.Headers["X-Kind"] = kind;
            return Interlocked.Increment(ref _requests) > 1
                ? TypedResults.ServerSentEvents(Feed.RunAsync())
                : kind switch
                {
                    "unauthorized" => Results.Unauthorized(),
                    "missing" => Results.NotFound(new { title = "no such answer" }),
                    "json" => Results.Json(new { title = "not now" }),
                    "redirect" => Results.Redirect("/elsewhere"),
                    _ => throw new InvalidOperationException("broken"),
                };
        }).WithSseReplay(Topic));

        HttpResponseMessage refused = await Client.GetAsync("/answer");
        await RunIsOverAsync();
        long stored = (await StateAsync()).Latest.Sequence;
        Feed.Write("1");
        Feed.End();
        StreamClient later = await StreamClient.OpenAsync(Client, "/answer");

        Assert.Equal(status, refused.StatusCode);
        Assert.Equal(body, await refused.Content.ReadAsStringAsync());
        Assert.Equal(kind != "failure", refused.Headers.Contains("X-Kind"));
        Assert.Equal(0, stored);
        Assert.Equal(["1"], await later.ReadToEndAsync());
    }

    [Theory]
    [InlineData(204, "")]
    [InlineData(205, "")]
    [InlineData(304, "")]
    [InlineData(200, "")]
    [InlineData(404, "page 404")]
    public async Task A_response_without_a_body_reaches_clients_that_wait(int status, string body)
    {
        var mayAnswer = new Signal();
        await StartReplayAppAsync(endpoints: app =>
        {
            app.UseStatusCodePages("text/plain", "page {0}");
            app.MapGet("/answer", async () =>
            {
                await mayAnswer.WaitAsync(CancellationToken.None);
                return Results.StatusCode(status);
            }).WithSseReplay(Topic);
        });
        Task<HttpResponseMessage>[] clients = [Client.GetAsync("/answer"), Client.GetAsync("/answer")];
        await TestTimeout.UntilAsync(() => Runs.Find(Topic)?.Followers == clients.Length);

        mayAnswer.Set();

        Assert.All(await Task.WhenAll(clients).OrTimeout(), answer => Assert.Equal(status, (int)answer.StatusCode));
        Assert.All(
            await Task.WhenAll(clients.Select(async client => await (await client).Content.ReadAsStringAsync())),
            read => Assert.Equal(body, read));
    }

    [Fact]
    public async Task A_refusal_reaches_all_waiting_clients_without_its_cookies()
    {
        var refuse = new TaskCompletionSource();
        await StartReplayAppAsync(endpoints: app => app.MapGet("/answer", async (HttpContext context) =>
        {
            Interlocked.Increment(ref _requests);
            await refuse.Task;
            context.Response.Headers["X-Reason"] = "quota";
            context.Response.Cookies.Append("session", "secret");
            return Results.Json(new { title = "no quota" }, statusCode: 402);
        }).WithSseReplay(Topic));
        Task<HttpResponseMessage> first = Client.GetAsync("/answer");
        await TestTimeout.UntilAsync(() => Volatile.Read(ref _requests) == 1);
        Task<HttpResponseMessage>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => Client.GetAsync("/answer"))];
        await TestTimeout.UntilAsync(() => Runs.Find(Topic)?.Followers == 4);

        refuse.SetResult();

        HttpResponseMessage[] answers = [await first.OrTimeout(), .. await Task.WhenAll(waiting).OrTimeout()];
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.PaymentRequired, answer.StatusCode));
        Assert.All(answers, answer => Assert.Equal(["quota"], answer.Headers.GetValues("X-Reason")));
        string[] bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));
        Assert.All(bodies, body => Assert.Equal("{\"title\":\"no quota\"}", body));
        Assert.Equal([true, false, false, false], answers.Select(answer => answer.Headers.Contains("Set-Cookie")));
        Assert.Equal(1, _requests);
    }

    [Fact]
    public async Task A_client_that_waits_keeps_the_headers_of_its_request()
    {
        var refuse = new Signal();
        await StartReplayAppAsync(endpoints: app => app.MapGet("/answer", async (HttpContext context) =>
        {
            await refuse.WaitAsync(CancellationToken.None);
            context.Response.Headers["Access-Control-Allow-Origin"] = "https://of-the-run.example";
            context.Response.Headers.Connection = "close";
            return Results.Json(1, statusCode: 402);
        }).WithSseReplay(Topic).AddEndpointFilter(async (invocation, next) =>
        {
            HttpContext context = invocation.HttpContext;
            context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
            context.Response.ContentType = "text/plain";
            return await next(invocation);
        }));
        Task<HttpResponseMessage> begins = AnswerToAsync("https://first.example");
        await TestTimeout.UntilAsync(() => Runs.Find(Topic)?.Followers == 1);
        Task<HttpResponseMessage> waits = AnswerToAsync("https://second.example");
        await TestTimeout.UntilAsync(() => Runs.Find(Topic)?.Followers == 2);

        refuse.Set();

        using HttpResponseMessage first = await begins;
        using HttpResponseMessage second = await waits;
        Assert.Equal(["https://of-the-run.example"], first.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["https://second.example"], second.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal("application/json", second.Content.Headers.ContentType?.MediaType);
        Assert.Equal((true, null), (first.Headers.ConnectionClose, second.Headers.ConnectionClose));

        Task<HttpResponseMessage> AnswerToAsync(string origin)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/answer");
            request.Headers.Add("Origin", origin);
            return Client.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_response_that_breaks_off_breaks_off_for_its_client()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException { Message: "broken" });
        await StartReplayAppAsync(endpoints: app => app.MapGet("/answer", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("[1,");
            throw new InvalidOperationException("broken");
        }).WithSseReplay(Topic));

        await Assert.ThrowsAsync<HttpRequestException>(() => Client.GetStringAsync("/answer").OrTimeout());

        await RunIsOverAsync();
    }

    [Fact]
    public async Task A_long_response_is_not_kept_for_waiting_clients()
    {
        string large = new('x', (1024 * 1024) + 1);
        var answer = new TaskCompletionSource();
        await StartReplayAppAsync(endpoints: app => app.MapGet("/answer", async () =>
        {
            Interlocked.Increment(ref _requests);
            await answer.Task;
            return Results.Text(large);
        }).WithSseReplay(Topic));
        Task<string> first = Client.GetStringAsync("/answer");
        await TestTimeout.UntilAsync(() => Volatile.Read(ref _requests) == 1);
        Task<string> second = Client.GetStringAsync("/answer");
        await TestTimeout.UntilAsync(() => Runs.Find(Topic)?.Followers == 2);

        answer.SetResult();

        Assert.Equal(large, await first.OrTimeout());
        Assert.Equal(large, await second.OrTimeout());
        Assert.Equal(2, _requests);
    }

    [Fact]
    public async Task A_disconnect_before_the_response_delays_no_other()
    {
        string large = new('x', 1024 * 1024);
        var answer = new TaskCompletionSource();
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartReplayAppAsync(endpoints: app =>
        {
            app.Use((context, next) =>
            {
                context.RequestAborted.Register(() => left.TrySetResult());
                return next(context);
            });
            app.MapGet("/answer", async () =>
            {
                Interlocked.Increment(ref _requests);
                await answer.Task;
                return Results.Text(large);
            }).WithSseReplay(Topic);
        });
        RawConnection first = await App.ConnectAsync();
        await first.GetAsync("/answer");
        await TestTimeout.UntilAsync(() => Volatile.Read(ref _requests) == 1);

        first.Reset();
        await left.Task.OrTimeout();
        answer.SetResult();

        Assert.Equal(large, await Client.GetStringAsync("/answer").OrTimeout());
        await RunIsOverAsync();
    }

    [Fact]
    public async Task A_run_keeps_its_request_after_a_disconnect()
    {
        var goOn = new TaskCompletionSource();
        await StartReplayAppAsync(
            endpoints: app =>
            {
                app.Use((context, next) =>
                {
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], "test"));
                    context.Items["item"] = "kept";
                    return next(context);
                });
                app.MapSse("/chats/{chat}", ["POST"], async (
                    HttpContext context, SseEventWriter events, IHttpContextAccessor accessor, Scoped scoped) =>
                    {
                        await events.WriteAsync("begun");
                        await goOn.Task;
                        using var body = new StreamReader(context.Request.Body);
                        string[] kept =
                        [
                            context.User.Identity!.Name!,
                            context.Request.Headers["X-Prompt"].ToString(),
                            (string)context.Request.RouteValues["chat"]!,
                            context.Request.Query["q"].ToString(),
                            (string)context.Items["item"]!,
                            await body.ReadToEndAsync(),
                            context.RequestServices.GetRequiredService<Scoped>() == scoped && !scoped.IsDisposed ? "scope" : "no scope",
                            accessor.HttpContext == context ? "accessor" : "no accessor",
                            context.GetEndpoint() is null ? "no endpoint" : "endpoint",
                        ];
                        await events.WriteAsync(string.Join(' ', kept));
                    }).WithSseReplay(Topic);
            },
            services: builder => builder.Services.AddHttpContextAccessor().AddScoped<Scoped>());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chats/7?q=x") { Content = new StringContent("prompt") };
        request.Headers.Add("X-Prompt", "header");
        HttpResponseMessage first = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        first.Dispose();
        await AllLeftAsync();

        goOn.SetResult();
        await RunIsOverAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/follow?topics=" + Topic, (await Epoch()) + "-0");
        await client.NextAsync();

        Assert.Equal(["begun", "ann header 7 x kept prompt scope accessor endpoint"], await client.ReadToEndAsync());
        Assert.True(Scoped.Disposals > 0);

        async Task<string> Epoch() => (await StateAsync()).Latest.Epoch;
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused()
    {
        await StartReplayAppAsync(endpoints: app => app
            .MapSse("/chat", ["POST"], (SseEventWriter events) => events.WriteAsync("1").AsTask())
            .WithSseReplay(Topic, replay => replay.MaxRequestBodySize = 10));

        HttpResponseMessage large = await Client.PostAsync("/chat", new StringContent(new string('x', 11)));
        HttpResponseMessage small = await Client.PostAsync("/chat", new StringContent(new string('x', 10)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Contains("data: 1\n", await small.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private sealed class Scoped : IDisposable
    {
        public static int Disposals { get; private set; }

        public bool IsDisposed { get; private set; }

        public void Dispose()
        {
            IsDisposed = true;
            Disposals++;
        }
    }
}

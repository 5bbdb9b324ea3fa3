using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The filters of a minimal-API endpoint run for each client, with its own request; the handler runs once.</summary>
public sealed class ReplayFilterTests : ReplayTest
{
    private int _calls;

    public static TheoryData<string> Places => ["before", "after", "group", "around"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_filter_refuses_each_client_while_the_run_continues(string place)
    {
        await StartReplayAppAsync(endpoints: app => MapGuarded(app, place));
        StreamClient alice = await StreamClient.OpenAsync(Client, "/guarded?user=alice");
        Feed.Write("1");
        Assert.Equal(["1"], await alice.TakeAsync(1));

        StreamClient mallory = await StreamClient.ConnectAsync(Client, "/guarded?user=mallory");
        StreamClient anonymous = await StreamClient.ConnectAsync(Client, "/guarded", alice.LastEventId);
        StreamClient again = await StreamClient.OpenAsync(Client, "/guarded?user=alice", alice.LastEventId);
        Feed.Write("2");
        Feed.End();

        Assert.Equal(HttpStatusCode.Forbidden, mallory.Status);
        Assert.Equal(HttpStatusCode.Forbidden, anonymous.Status);
        Assert.Equal(["2"], await again.ReadToEndAsync());
        Assert.Equal(["2"], await alice.ReadToEndAsync());
        Assert.Equal(4, _calls);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task Filters_run_in_order_for_each_client()
    {
        List<string> order = [];
        await StartReplayAppAsync(endpoints: app =>
        {
            RouteGroupBuilder group = app.MapGroup("");
            group.AddEndpointFilter(Note("group"));
            group.MapGet("/ordered", (HttpContext context) => TypedResults.ServerSentEvents(Feed.RunAsync(context.RequestAborted)))
                .AddEndpointFilter(Note("first"))
                .WithSseReplay(Topic)
                .AddEndpointFilter(Note("second"));
        });
        Feed.Write("1");
        Feed.End();

        await (await StreamClient.OpenAsync(Client, "/ordered?client=a")).ReadToEndAsync();
        await (await StreamClient.OpenAsync(Client, "/ordered?client=b")).ReadToEndAsync();

        Assert.Equal(["group a", "first a", "second a", "group b", "first b", "second b"], order);
        Assert.Equal(1, Feed.Runs);

        Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Note(string name) => (invocation, next) =>
        {
            lock (order)
            {
                order.Add($"{name} {invocation.HttpContext.Request.Query["client"]}");
            }

            return next(invocation);
        };
    }

    [Fact]
    public async Task A_filter_that_throws_fails_its_own_client_only()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException { Message: "broken filter" });
        await StartReplayAppAsync(endpoints: app => app.MapSse("/guarded", (CancellationToken ct) => Feed.RunAsync(ct))
            .WithSseReplay(Topic)
            .AddEndpointFilter((invocation, next) => invocation.HttpContext.Request.Query.ContainsKey("broken")
                ? throw new InvalidOperationException("broken filter")
                : next(invocation)));

        StreamClient broken = await StreamClient.ConnectAsync(Client, "/guarded?broken=1");
        Assert.True((await StateAsync()).IsUnused);
        StreamClient whole = await StreamClient.OpenAsync(Client, "/guarded");
        Feed.Write("1");
        Feed.End();

        Assert.Equal(HttpStatusCode.InternalServerError, broken.Status);
        Assert.Equal(["1"], await whole.ReadToEndAsync());
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("change")]
    [InlineData("none")]
    public async Task The_run_gets_the_arguments_that_filters_have_left(string mode)
    {
        await StartReplayAppAsync(endpoints: app => app
            .MapSse("/chat/{id:int}", ["POST"], async (int id, Prompt prompt, SseEventWriter events, CancellationToken ct) =>
                await events.WriteAsync($"{id} {prompt.Text}", ct))
            .AddEndpointFilter((invocation, next) =>
            {
                if (mode == "replace")
                {
                    invocation.Arguments[0] = 8;
                    invocation.Arguments[1] = new Prompt { Text = "replaced" };
                }
                else if (mode == "change")
                {
                    invocation.GetArgument<Prompt>(1).Text = "changed";
                }

                return next(invocation);
            })
            .WithSseReplay(Topic));

        using HttpResponseMessage response = await Client.PostAsJsonAsync("/chat/7", new Prompt { Text = "sent" });
        string body = await response.Content.ReadAsStringAsync();

        Assert.Contains(
            mode switch { "replace" => "data: 8 replaced\n", "change" => "data: 7 changed\n", _ => "data: 7 sent\n" },
            body,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_after_the_run_gets_its_result()
    {
        List<Type?> results = [];
        await StartReplayAppAsync(endpoints: app => app
            .MapGet("/bound", (int number) => TypedResults.ServerSentEvents(Feed.RunAsync(default)))
            .AddEndpointFilter(async (invocation, next) =>
            {
                object? result = await next(invocation);
                results.Add(result?.GetType());
                return result;
            })
            .WithSseReplay(Topic));
        StreamClient client = await StreamClient.OpenAsync(Client, "/bound?number=1");

        StreamClient unbound = await StreamClient.ConnectAsync(Client, "/bound?number=x");
        Feed.Write("1");
        Feed.End();

        Assert.Equal(HttpStatusCode.BadRequest, unbound.Status);
        Assert.Equal(["1"], await client.ReadToEndAsync());
        Assert.Equal(typeof(SseFollowResult), results[0]);
    }

    [Fact]
    public async Task A_filter_that_cannot_be_ordered_is_refused()
    {
        Logs.ExpectError(_ => true);
        await StartReplayAppAsync(endpoints: app => app.MapGet("/fine", () => "fine"));
        await using WebApplication app = WebApplication.CreateBuilder().Build();
        RouteGroupBuilder group = app.MapGroup("/group");
        group.WithSseReplay(Topic);
        group.MapGet("/late", () => TypedResults.ServerSentEvents(Feed.RunAsync(default)))
            .AddEndpointFilter((invocation, next) => next(invocation));

        var failure = Assert.Throws<InvalidOperationException>(
            () => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).ToArray());

        Assert.Contains("after WithSseReplay", failure.Message, StringComparison.Ordinal);
    }

    private void MapGuarded(WebApplication app, string place)
    {
        switch (place)
        {
            case "before":
                app.MapSse("/guarded", (CancellationToken ct) => Feed.RunAsync(ct)).AddEndpointFilter(GuardAsync).WithSseReplay(Topic);
                break;
            case "after":
                app.MapGet("/guarded", (CancellationToken ct) => TypedResults.ServerSentEvents(Feed.RunAsync(ct)))
                    .WithSseReplay(Topic)
                    .AddEndpointFilter(GuardAsync);
                break;
            case "group":
                RouteGroupBuilder inner = app.MapGroup("");
                inner.AddEndpointFilter(GuardAsync);
                inner.MapSse("/guarded", async (HttpContext _, SseEventWriter events, CancellationToken ct) =>
                {
                    await events.WriteAllAsync(Feed.RunAsync(ct), ct);
                }).WithSseReplay(Topic);
                break;
            default:
                RouteGroupBuilder resumable = app.MapGroup("");
                resumable.WithSseReplay(Topic);
                resumable.MapSse(
                    "/guarded", async (SseEventWriter events, CancellationToken ct) => await events.WriteAllAsync(Feed.RunAsync(ct), ct))
                    .AddEndpointFilter(GuardAsync);
                break;
        }
    }

    private async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        Interlocked.Increment(ref _calls);
        return invocation.HttpContext.Request.Query["user"] == "alice"
            ? await next(invocation)
            : Results.StatusCode(StatusCodes.Status403Forbidden);
    }

    public sealed class Prompt
    {
        public string Text { get; set; } = "";
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Handlers that return a result. Compiling them, without an ambiguous call, is half of each test.</summary>
public sealed class ReturnedResultTests : FollowTest
{
    private static readonly Dictionary<string, Action<WebApplication>> Handlers = new()
    {
        ["lambda"] = app => app.MapSse("/", () => SseResults.Follow("t")),
        ["method"] = app => app.MapSse("/", Follow),
        ["task without context"] = app => app.MapSse("/", () => Task.FromResult(SseResults.Follow("t"))),
        ["context"] = app => app.MapSse("/", (HttpContext context) => SseResults.Follow(context.Request.Path == "/" ? "t" : "other")),
        ["untyped context"] = app => app.MapSse("/", context => SseResults.Follow(context.Request.Path == "/" ? "t" : "other")),
        ["async lambda"] = app => app.MapSse("/", async (HttpContext context) =>
        {
            await Task.Yield();
            return SseResults.Follow("t");
        }),
        ["untyped async lambda"] = app => app.MapSse("/", async context => await FollowAsync(context)),
        ["task method"] = app => app.MapSse("/", FollowAsync),
        ["value task method"] = app => app.MapSse("/", FollowLaterAsync),
        ["value task lambda"] = app => app.MapSse("/", (HttpContext context) => FollowLaterAsync(context)),
        ["union"] = app => app.MapSse("/", Results<NotFound, SseFollowResult> () => SseResults.Follow("t")),
        ["result"] = app => app.MapSse("/", IResult (HttpContext context) => SseResults.Follow("t")),
        ["methods"] = app => app.MapSse("/", ["GET", "POST"], (HttpContext context) => SseResults.Follow("t")),
        ["methods, async"] = app => app.MapSse("/", ["GET", "POST"], async context => await FollowAsync(context)),
        ["bound parameter"] = app => app.MapSse("/", (string? topic) => SseResults.Follow(topic ?? "t")),
    };

    public static TheoryData<string> Kinds => [.. Handlers.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_handler_can_follow(string kind)
    {
        await StartFollowAppAsync(endpoints: Handlers[kind]);

        StreamClient client = await StreamClient.OpenAsync(Client, "/");
        await Publisher.PublishAsync("t", "hello");

        Assert.Equal(["hello"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task Endpoint_filters_receive_the_result()
    {
        object? seen = null;
        await StartFollowAppAsync(endpoints: app => app.MapSse("/", () => SseResults.Follow("t")).AddEndpointFilter(async (context, next) =>
        {
            seen = await next(context);
            return TypedResults.NotFound();
        }));

        StreamClient client = await StreamClient.ConnectAsync(Client, "/");

        Assert.IsType<SseFollowResult>(seen);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, client.Status);
    }

    // Such a lambda has no return type by which an overload could be chosen.
    [Fact]
    public async Task A_handler_that_never_returns_writes()
    {
        await StartFollowAppAsync(endpoints: app => app.MapSse("/", async (HttpContext context) =>
        {
            while (true)
            {
                await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        }));

        StreamClient client = await StreamClient.ConnectAsync(Client, "/");

        Assert.Equal(["1"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_handler_with_the_context_can_yield()
    {
        await StartFollowAppAsync(endpoints: app => app.MapSse("/", (HttpContext context) => AsyncEnumerable.Range(1, 2)));

        StreamClient client = await StreamClient.ConnectAsync(Client, "/");

        Assert.Equal(["1", "2"], await client.ReadToEndAsync());
    }

    private static SseFollowResult Follow() => SseResults.Follow("t");

    private static Task<SseFollowResult> FollowAsync(HttpContext context) => Task.FromResult(SseResults.Follow("t"));

    private static ValueTask<SseFollowResult> FollowLaterAsync(HttpContext context) => new(SseResults.Follow("t"));
}

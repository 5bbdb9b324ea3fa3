using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Replay;
using SseKit.StoreSpecification;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A test of resumable endpoints, one of each kind.</summary>
public abstract class ReplayTest : FollowTest
{
    private protected const string Topic = "run";

    private protected ReplayFeed Feed { get; } = new();

    private protected ReplayRuns Runs => App.Services.GetRequiredService<ReplayRuns>();

    private protected Task StartReplayAppAsync(
        Action<SseReplayOptions>? replay = null,
        Action<SseOptions>? options = null,
        Action<WebApplication>? endpoints = null,
        Action<WebApplicationBuilder>? services = null,
        TimeProvider? time = null,
        Action<SseInMemoryEventStoreOptions>? bounds = null)
    {
        return StartFollowAppAsync(
            options,
            bounds,
            endpoints: app =>
            {
                endpoints?.Invoke(app);
                app.MapSse("/writer", async (SseEventWriter events, CancellationToken cancellationToken) =>
                {
                    await foreach (string item in Feed.RunAsync(cancellationToken))
                    {
                        await events.WriteAsync(item, cancellationToken);
                    }
                }).WithSseReplay(Topic, replay);
                app.MapSse(
                    "/iterator", (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken)).WithSseReplay(Topic, replay);
                app.MapGet(
                    "/framework", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(Feed.RunAsync(cancellationToken)))
                    .WithSseReplay(Topic, replay);
                app.MapGet("/hand", WriteByHandAsync).WithSseReplay(Topic, replay);
                app.MapControllers().WithSseReplay(Topic, replay);
            },
            services: builder =>
            {
                builder.Services.AddSingleton(Feed);
                builder.Services.AddControllers().AddApplicationPart(typeof(ReplayController).Assembly);
                services?.Invoke(builder);
            },
            time: time);
    }

    private protected Task RunIsOverAsync() => TestTimeout.UntilAsync(() => Runs.Find(Topic) is null);

    private protected async Task<SseTopicState> StateAsync() => await Store.GetStateAsync(Topic, CancellationToken.None);

    private async Task WriteByHandAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (string item in Feed.RunAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync($"data: {item}\n\n", context.RequestAborted);
        }
    }
}

[Route("replay-controller")]
public sealed class ReplayController(ReplayFeed feed) : ControllerBase
{
    [HttpGet]
    public IResult Get() => TypedResults.ServerSentEvents(feed.RunAsync(HttpContext.RequestAborted));
}

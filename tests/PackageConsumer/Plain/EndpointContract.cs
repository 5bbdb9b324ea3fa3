using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using SseKit;

namespace PackageConsumer;

/// <summary>Endpoints and options as programs outside the repository write them. That they compile is the test.</summary>
internal static class EndpointContract
{
    public interface IQuotes
    {
        IAsyncEnumerable<SseItem<decimal>> Watch(string symbol, CancellationToken ct);
    }

    public static void AddServices(IServiceCollection services)
    {
        ISseBuilder builder = services.AddSse();
        builder = services.AddSse(o =>
        {
            o.HeartbeatInterval = TimeSpan.FromSeconds(5);
            o.HeartbeatEvent = new SseItem<string>("", "ping");
            o.Retry = TimeSpan.FromSeconds(3);
            o.WriteTimeout = TimeSpan.FromSeconds(30);
            o.MaxConnectionLifetime = TimeSpan.FromHours(1);
            o.CloseOnAuthenticationExpiration = false;
            o.RevalidateInterval = TimeSpan.FromMinutes(5);
            o.MaxConnections = 10;
            o.MaxRuns = 10;
            o.MaxEventSize = 4096;
            o.ReplayStart = SseReplayStart.Latest;
            o.GapPolicy = SseGapPolicy.Earliest;
            o.Terminator = new SseItem<string>("[DONE]");
            o.FailureEvent = exception => new SseItem<string>(exception.Message, "failed");
        });
    }

    public static void AddTickets(IServiceCollection services)
    {
        services.AddAuthentication().AddSseTicket();
        services.AddAuthentication("cookies").AddCookie("cookies").AddSseTicket(o =>
        {
            o.Lifetime = TimeSpan.FromSeconds(10);
            o.SelectUser = user => user;
        });
    }

    public static void Map(WebApplication app)
    {
        app.UseSse();

        app.MapSseTicket("/events/ticket").RequireCors();
        app.MapSse("/events", () => SseResults.Follow("news")).WithSseTicket();

        app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) => { await events.WriteAsync("tick", ct); });
        app.MapSse("/quotes/{symbol}", (string symbol, IQuotes quotes, CancellationToken ct) => quotes.Watch(symbol, ct));
        app.MapSse("/values", () => AsyncEnumerable.Range(1, 3));
        app.MapSse("/texts", () => new[] { "a", "b" }.ToAsyncEnumerable());
        app.MapSse("/chat", ["POST"], async (Prompt prompt, IQuotes quotes, SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync(prompt, ct);
            await events.WriteAllAsync(quotes.Watch(prompt.Text, ct), ct);
        });
        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
        app.MapSse("/both", () => SseResults.Follow("orders", "alerts"));
        app.MapSse("/feed", () => SseResults.Follow(
            ["orders"], new SseFollowOptions { StartAt = SseReplayStart.Earliest, EventTypeFilter = type => type != "typing" }));
        app.MapSse("/list", () => SseResults.Follow(new List<string> { "orders" }));
        app.MapSse(
            "/last",
            () => SseResults.Follow(
                ["orders"], new SseFollowOptions { StartAt = SseReplayStart.Last(20), Format = SseFollowFormat.Plain }));
        app.MapGet(
            "/feed2",
            Results<NotFound, SseFollowResult> (bool? found) => found == true ? SseResults.Follow("orders") : TypedResults.NotFound());
        app.MapGet("/old", () => TypedResults.ServerSentEvents(AsyncEnumerable.Range(1, 3))).WithSseReplay("old");
        app.MapGet("/old/{id}", () => TypedResults.ServerSentEvents(AsyncEnumerable.Range(1, 3)))
            .WithSseReplay(context => $"old:{context.Request.RouteValues["id"]}", options => options.ReplayStart = SseReplayStart.Earliest);
        app.MapGet("/old-async", () => TypedResults.ServerSentEvents(AsyncEnumerable.Range(1, 3))).WithSseReplay(async context =>
        {
            await Task.Yield();
            return $"old:{context.User.Identity?.Name}";
        });
        app.MapSse("/runs/{id}", ["GET", "POST"], (CancellationToken ct) => AsyncEnumerable.Range(1, 3))
            .WithSseReplay(context => $"run:{context.Request.RouteValues["id"]}", options =>
            {
                options.StartMethods = ["POST"];
                options.MissingRun = SseMissingRun.NoContent;
                options.RerunPolicy = SseRerunPolicy.AfterEnd;
            })
            .WithSseRunLimit(3, context => context.User.Identity?.Name);
        app.MapSseRun("/joined/{id}", context => $"run:{context.Request.RouteValues["id"]}");
        app.MapPost("/runs/{id}/stop", async (string id, ISseRuns runs, CancellationToken ct) =>
            await runs.IsRunningAsync(id, ct) && await runs.StopAsync(id, ct) ? Results.NoContent() : Results.NotFound());
        app.MapGet("/runs", (ISseRuns runs) => runs.GetRuns().Select(run => run.Topic));
        app.MapSse("/untyped", async (events, ct) => await events.WriteAsync("tick", ct));
        app.MapSse("/request", async (context, events, ct) => await events.WriteAsync(context.Request.Path.Value!, ct));
        app.MapGet(
            "/writer/{number}", async (int number, SseEventWriter events, CancellationToken ct) => await events.WriteAsync(number, ct));

        app.MapSse(
            "/options", async (HttpContext context, SseEventWriter events, CancellationToken ct) => await events.WriteAsync("tick", ct))
            .WithSseOptions(options => options.Retry = TimeSpan.FromSeconds(1))
            .WithSseHeartbeat(TimeSpan.FromSeconds(1))
            .WithSseTerminator("[DONE]")
            .WithSseFailureEvent(exception => new SseItem<string>(exception.Message, "failed"), endsStream: true)
            .WithSseConnectionLimit(5, context => context.User.Identity?.Name);
    }

    internal sealed record Prompt(string Text);
}

using System.Net.ServerSentEvents;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit;

namespace PackageConsumer;

/// <summary>The C# of the README, line by line. A test compares the lines.</summary>
internal static class Readme
{
    internal interface IChatClient
    {
        IAsyncEnumerable<Message> GetStreamingResponseAsync(string text, CancellationToken cancellationToken);
    }

    internal interface IQuotes
    {
        IAsyncEnumerable<decimal> Watch(string symbol, CancellationToken ct);
    }

    internal interface IOrder
    {
        IAsyncEnumerable<Message> ChangesAsync(CancellationToken ct);
    }

    public static void MapHandlers(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) =>
        {
            while (true)
            {
                await events.WriteAsync(TimeOnly.FromDateTime(DateTime.Now).ToString("T"), ct);
                await Task.Delay(1000, ct);
            }
        });

        // Writes. LLM clients post:
        app.MapSse("/chat", ["POST"], async (Prompt prompt, IChatClient chat, SseEventWriter events, CancellationToken ct) =>
        {
            await foreach (var update in chat.GetStreamingResponseAsync(prompt.Text, cancellationToken: ct))
                await events.WriteAsync(new { update.Text }, "delta", ct);
        });

        // Yields: IAsyncEnumerable of strings, of any value (as JSON), or of SseItem<T>:
        app.MapSse("/quotes/{symbol}", (string symbol, IQuotes quotes, CancellationToken ct) => quotes.Watch(symbol, ct));

        // Returns a result, so that an error before the stream keeps its status code:
        app.MapSse("/orders/{id}", async Task<IResult> (int id, Orders orders, SseEventWriter events, CancellationToken ct) =>
        {
            if (await orders.FindAsync(id, ct) is not { } order) return Results.NotFound();
            await foreach (var change in order.ChangesAsync(ct)) await events.WriteAsync(change, "changed", ct);
            return Results.Empty;
        });

        app.MapSse(
            "/v1/chat/completions",
            ["POST"],
            async (Prompt request, IChatClient chat, SseEventWriter events, CancellationToken ct) => await events.WriteAsync(request, ct))
        .WithSseTerminator("[DONE]")
        .WithSseFailureEvent(failure => new SseItem<string>("""{"error":{"message":"The answer failed."}}"""));
    }

    public static void MapTopics(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddSse();                                     // events are kept in memory by default

        app.MapPost("/rooms/{room}", async (string room, Message message, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync($"room:{room}", message, eventType: "said", ct));

        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
        app.MapSse("/news", () => SseResults.Follow("news"));
        app.MapSse("/mine", (HttpContext context) => SseResults.Follow($"user:{context.User.Identity!.Name}"));

        app.MapSse("/me", (Session session) => SseResults.Follow(
            [$"user:{session.User}", $"session:{session.Id}"], new SseFollowOptions { EndsWith = [$"session:{session.Id}"] }));
        // at logout: await publisher.CompleteAsync($"session:{session.Id}");
    }

    public static void MapRuns(WebApplication app)
    {
        app.MapGet("/report", (Reports reports) => TypedResults.ServerSentEvents(reports.GenerateAsync()))
           .RequireAuthorization()
           .WithSseReplay(context => context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } user ? $"report:{user}" : null);

        app.MapSse("/runs/{id}", ["POST"], RunAsync).RequireAuthorization().WithSseReplay(TopicOf).WithSseRunLimit(3, UserOf);
        app.MapSseRun("/runs/{id}", TopicOf).RequireAuthorization();
    }

    public static void MapSignIn(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddSse(options => options.RevalidateInterval = TimeSpan.FromMinutes(5));
        builder.Services.AddAuthorizationBuilder().AddPolicy("active", policy => policy.AddRequirements(new ActiveUser()));
        app.MapSse("/events", () => SseResults.Follow("news")).RequireAuthorization("active");

        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins("https://app.example.com").WithHeaders("Last-Event-ID").AllowCredentials()));
        app.UseCors();
        app.MapSse("/events", () => SseResults.Follow("news")).RequireAuthorization();

        builder.Services.AddAuthentication().AddSseTicket();
        app.MapSseTicket("/events/ticket");                                            // an authenticated POST
        app.MapSse("/events", () => SseResults.Follow("news")).WithSseTicket();        // accepts ?ticket=
    }

    public static async Task DisconnectAsync(ISseConnections connections, string userId)
    {
        await connections.DisconnectAsync(new SseDisconnect { User = userId });                    // logout
        connections.Disconnect(stream => stream.UnreadSince is not null, reason: "slow");         // this process only
    }

    private static async Task RunAsync(Prompt prompt, SseEventWriter events) => await events.WriteAsync(prompt);

    private static string? TopicOf(HttpContext context) => context.Request.RouteValues["id"]?.ToString();

    private static string? UserOf(HttpContext context) => context.User.Identity?.Name;

    internal sealed class ActiveUser : IAuthorizationRequirement;

    internal sealed record Prompt(string Text);

    internal sealed record Message(string Text);

    internal sealed record Session(string User, string Id);

    internal sealed class Orders
    {
        public Task<IOrder?> FindAsync(int id, CancellationToken ct) => Task.FromResult<IOrder?>(null).WaitAsync(ct);
    }

    internal sealed class Reports
    {
        public IAsyncEnumerable<string> GenerateAsync() => new[] { "a" }.ToAsyncEnumerable();
    }
}

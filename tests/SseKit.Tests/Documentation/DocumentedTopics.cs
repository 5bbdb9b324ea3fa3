using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SseKit.Tests.Documentation;

/// <summary>The code of topics.md, resumable-endpoints.md, deployment.md, operating.md and options.md.</summary>
internal static class DocumentedTopics
{
    public static void MapTopics(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddSse();                                     // events are kept in memory by default

        app.MapPost("/rooms/{room}", async (string room, Message message, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync($"room:{room}", message, eventType: "said", ct));

        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
        app.MapSse("/orders", () => SseResults.Follow(
            ["orders"], new SseFollowOptions { StartAt = SseReplayStart.Last(20), EventTypeFilter = type => type != "typing" }));
        app.MapSse("/news", () => SseResults.Follow("news"));
        app.MapSse("/mine", (ClaimsPrincipal user) => SseResults.Follow($"user:{UserIdOf(user)}")).RequireAuthorization();
        app.MapSse("/rooms/{room}", (HttpContext context) => SseResults.Follow($"room:{context.GetRouteValue("room")}"));

        static string UserIdOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)
            ?? throw new InvalidOperationException("The user has no id.");

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

    public static void Host(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddDataProtection().SetApplicationName("shop").PersistKeysToFileSystem(new DirectoryInfo("/keys"));
        builder.Services.AddSse(o => o.Retry = TimeSpan.FromSeconds(5));
        builder.Services.AddSse().AddInMemoryEventStore(options => options.MaxAge = TimeSpan.FromMinutes(10));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.Services.AddHealthChecks().AddSse(tags: ["ready"]);
        app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
        app.MapSse("/dashboard", () => SseResults.Follow("orders")).WithSseOptions(o => o.ShutdownEnd = SseShutdownEnd.Abort);
    }

    private static async Task RunAsync(Message prompt, SseEventWriter events) => await events.WriteAsync(prompt);

    private static string? TopicOf(HttpContext context) => context.Request.RouteValues["id"]?.ToString();

    private static string? UserOf(HttpContext context) => context.User.Identity?.Name;

    internal sealed record Message(string Text);

    internal sealed record Session(string User, string Id);

    internal sealed class Reports
    {
        public IAsyncEnumerable<string> GenerateAsync() => new[] { "a" }.ToAsyncEnumerable();
    }
}

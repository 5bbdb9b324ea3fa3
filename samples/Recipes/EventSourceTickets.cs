using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.BearerToken;
using SseKit;

namespace Recipes;

internal static class EventSourceTickets
{
    public static Recipe Recipe { get; } = new(
        "eventsource-tickets", "An EventSource opens a stream by a ticket instead of a bearer token.", AddTickets, MapTickets);

    public static void AddTickets(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddAuthentication().AddBearerToken().AddSseTicket();
        builder.Services.AddAuthorization();
    }

    public static void MapTickets(WebApplication app)
    {
        app.UseFileServer();

        app.MapPost("/token", (Login login) => login.Password == "demo"
            ? Results.SignIn(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, login.Name)], "password")),
                authenticationScheme: BearerTokenDefaults.AuthenticationScheme)
            : Results.Unauthorized());

        app.MapSseTicket("/events/ticket");
        app.MapSse("/events", (ClaimsPrincipal user) => SseResults.Follow(TopicOf(user))).WithSseTicket();

        app.MapPost("/events", async (Notification notification, ClaimsPrincipal user, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync(TopicOf(user), notification, ct))
            .RequireAuthorization();
    }

    // Without an id, all users would share one topic.
    private static string TopicOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) is { } id
        ? $"user:{id}"
        : throw new InvalidOperationException("The user has no id.");
}

using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using SseKit;

namespace Recipes;

internal static class UserNotifications
{
    public static Recipe Recipe { get; } = new(
        "user-notifications", "Each user gets their own notifications, from login to logout.", AddUserNotifications, MapUserNotifications);

    public static void AddUserNotifications(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
        builder.Services.AddAuthorization();
    }

    public static void MapUserNotifications(WebApplication app)
    {
        app.MapPost("/login", async (Login login, HttpContext context) =>
        {
            // Check the password as your app does.
            if (login.Password != "demo")
            {
                return Results.Unauthorized();
            }

            var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, login.Name)], "password");
            await context.SignInAsync(new ClaimsPrincipal(identity));
            return Results.NoContent();
        });

        app.MapSse("/notifications", (ClaimsPrincipal user) =>
            SseResults.Follow([TopicOf(NameOf(user))], new SseFollowOptions { StartAt = SseReplayStart.Last(20) }))
            .RequireAuthorization();

        // Sent from anywhere in the app: an endpoint, a job, another server that shares the store.
        app.MapPost("/users/{name}/notifications", async (
            string name, Notification notification, ISsePublisher publisher, CancellationToken ct) =>
        {
            await publisher.PublishAsync(TopicOf(name), notification, eventType: "notification", ct);
            return Results.Accepted();
        }).RequireAuthorization();

        app.MapPost("/logout", async (HttpContext context, ISseConnections connections) =>
        {
            await context.SignOutAsync();
            await connections.DisconnectAsync(new SseDisconnect { User = NameOf(context.User), Reason = "logout" });
            return Results.NoContent();
        }).RequireAuthorization();
    }

    private static string TopicOf(string name) => $"user:{name}";

    // Without an id, all users would share one topic.
    private static string NameOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)
        ?? throw new InvalidOperationException("The user has no id.");
}

internal sealed record Login(string Name, string Password);

internal sealed record Notification(string Text);

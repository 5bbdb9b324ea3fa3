using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Documentation;

/// <summary>The code of authentication.md and connections.md.</summary>
internal static class DocumentedSignIn
{
    public static void MapSignIn(WebApplicationBuilder builder, WebApplication app)
    {
        builder.Services.AddSse(options => options.RevalidateInterval = TimeSpan.FromMinutes(5));
        builder.Services.AddAuthorizationBuilder().AddPolicy("active", policy => policy.AddRequirements(new ActiveUser()));
        app.MapSse("/events", () => SseResults.Follow("news")).RequireAuthorization("active");

        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins("https://app.example.com").WithHeaders("Last-Event-ID").AllowCredentials()));
        app.UseCors();
        app.MapSse("/events", () => SseResults.Follow("news")).RequireAuthorization();

        builder.Services.AddAuthentication().AddJwtBearer().AddSseTicket();
        app.MapSseTicket("/events/ticket");                                            // an authenticated POST
        app.MapSse("/events", () => SseResults.Follow("news")).WithSseTicket();        // accepts ?ticket=
    }

    public static void NameUsers(WebApplicationBuilder builder)
    {
        builder.Services.AddSse(o => o.UserId = user => user.FindFirstValue("sub"));
    }

    public static async Task DisconnectAsync(ISseConnections connections, string userId, TimeProvider time)
    {
        await connections.DisconnectAsync(new SseDisconnect { User = userId });                    // logout
        DateTimeOffset slow = time.GetUtcNow().AddSeconds(-10);
        connections.Disconnect(stream => stream.UnreadSince < slow, reason: "slow");              // this process only
    }

    internal sealed class ActiveUser : IAuthorizationRequirement;
}

using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace SseKit.Endpoints.Authentication;

/// <summary>Answers a signed-in user's request for a ticket.</summary>
/// <remarks>
/// The request must declare JSON. A page of another origin can send that only after a preflight, which the app's CORS policy decides.
/// </remarks>
internal sealed class TicketEndpoint(Tickets tickets) : IDisableCookieRedirectMetadata
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        // The app may have allowed anonymous requests.
        if (context.User.Identity?.IsAuthenticated != true)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        DateTimeOffset? signInExpiry = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        IssuedTicket ticket = tickets.Issue(context.User, signInExpiry);
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(ticket, TicketJson.Default.IssuedTicket, cancellationToken: context.RequestAborted);
    }
}

/// <summary>Describes the response for serialization.</summary>
[JsonSerializable(typeof(IssuedTicket))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class TicketJson : JsonSerializerContext;

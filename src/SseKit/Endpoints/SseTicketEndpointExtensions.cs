using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit;
using SseKit.Endpoints.Authentication;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps tickets: an <c>EventSource</c> cannot send a header, so a page gets a ticket and puts it into the URL.</summary>
/// <remarks>
/// A ticket opens one stream, within <see cref="SseTicketOptions.Lifetime"/>. An <c>EventSource</c> that reconnects repeats its URL, gets
/// 401 and gives up. So the page closes it in <c>onerror</c>, gets another ticket and passes its last event id in the URL. The documentation has
/// the script.
/// </remarks>
/// <example>
/// <code>
/// builder.Services.AddAuthentication().AddJwtBearer().AddSseTicket();
/// app.MapSseTicket("/events/ticket");
/// app.MapSse("/events", () => SseResults.Follow("news")).WithSseTicket();
/// </code>
/// </example>
public static class SseTicketEndpointExtensions
{
    /// <summary>
    /// Maps the POST that issues a ticket for the signed-in user, as JSON: <c>{"ticket":"…","expiresIn":30}</c>. It requires authorization,
    /// and a request whose content type is JSON, so that no page of another origin can send it unless a CORS policy allows it.
    /// </summary>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <exception cref="InvalidOperationException">The app has not called <c>AddSseTicket</c>.</exception>
    public static IEndpointConventionBuilder MapSseTicket(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var endpoint = new TicketEndpoint(TicketsOf(endpoints.ServiceProvider));
        return endpoints.MapMethods(pattern, [HttpMethods.Post], (RequestDelegate)endpoint.InvokeAsync)
            .WithMetadata(endpoint)
            .RequireAuthorization();
    }

    /// <summary>
    /// Requires authorization, and accepts a ticket in the query parameter <c>ticket</c>. A request without one is authenticated by the
    /// app's default scheme. The stream ends when the sign-in does for which the ticket was issued.
    /// </summary>
    /// <param name="builder">The endpoint or group.</param>
    /// <exception cref="InvalidOperationException">
    /// The app has not called <c>AddSseTicket</c>; thrown when the endpoints are built.
    /// </exception>
    public static TBuilder WithSseTicket<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(static endpoint =>
        {
            TicketsOf(endpoint.ApplicationServices);
            endpoint.Metadata.Add(new AuthorizeAttribute { AuthenticationSchemes = SseTicketDefaults.AuthenticationScheme });
        });
        return builder;
    }

    private static Tickets TicketsOf(IServiceProvider services) => services.GetService<Tickets>()
        ?? throw new InvalidOperationException("Tickets need their services. Call builder.Services.AddAuthentication().AddSseTicket().");
}

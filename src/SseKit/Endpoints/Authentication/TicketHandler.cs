using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using SseKit.Topics;

namespace SseKit.Endpoints.Authentication;

/// <summary>Authenticates a request by the ticket in its query, which no message, metric or activity contains.</summary>
internal sealed class TicketHandler(
    IOptionsMonitor<SseTicketOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    Tickets tickets,
    TicketUses uses,
    TopicServices topics) : AuthenticationHandler<SseTicketOptions>(options, loggers, encoder)
{
    /// <summary>Returns the values of a request's parameter for tickets.</summary>
    public static StringValues ValuesOf(HttpRequest request) =>
        request.QueryString.HasValue ? request.Query[SseTicketDefaults.Parameter] : StringValues.Empty;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        StringValues values = ValuesOf(Request);
        if (values.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }

        if (values is not [{ } value] || tickets.Read(value) is not { } ticket)
        {
            return AuthenticateResult.Fail("The ticket is invalid, or its time is over.");
        }

        try
        {
            if (!await uses.TryUseAsync(ticket.Id, ticket.Left, Context.RequestAborted))
            {
                return AuthenticateResult.Fail("The ticket was used before.");
            }

            topics.Health.Answered();
        }
        catch (Exception exception) when (!Context.RequestAborted.IsCancellationRequested)
        {
            topics.Health.Failed(exception);
            return AuthenticateResult.Fail("The store that records used tickets is unavailable.");
        }

        return AuthenticateResult.Success(new AuthenticationTicket(ticket.User, ticket.Properties, Scheme.Name));
    }
}

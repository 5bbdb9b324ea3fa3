namespace SseKit;

/// <summary>Names of tickets, with which an <c>EventSource</c> is authenticated by its URL.</summary>
public static class SseTicketDefaults
{
    /// <summary>The authentication scheme that <c>AddSseTicket</c> adds.</summary>
    public const string AuthenticationScheme = "SseTicket";

    /// <summary>The parameter of the query that carries a ticket.</summary>
    public const string Parameter = "ticket";
}

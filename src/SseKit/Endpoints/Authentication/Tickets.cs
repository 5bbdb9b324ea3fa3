using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace SseKit.Endpoints.Authentication;

/// <summary>Issues and reads tickets: users, encrypted by data protection with the time until which the ticket may be used.</summary>
internal sealed class Tickets(IDataProtectionProvider protection, IOptionsMonitor<SseTicketOptions> options, TimeProvider time)
{
    /// <summary>The most characters of a ticket.</summary>
    /// <remarks>Proxies and servers refuse request lines of more than 8 KB. The rest is for the path and the last event id.</remarks>
    private const int MaxLength = 6 * 1024;

    private const int IdBytes = 16;
    private const string IdItem = "id";
    private const string EndItem = "end";

    // A change of what a ticket contains needs another purpose.
    private readonly TicketDataFormat _format = new(protection.CreateProtector("SseKit.Tickets.v1"));

    private SseTicketOptions Options => options.Get(SseTicketDefaults.AuthenticationScheme);

    /// <summary>Issues a ticket.</summary>
    /// <param name="user">The user.</param>
    /// <param name="signInExpiry">The end of the user's sign-in, at which a stream of the ticket ends; null if there is none.</param>
    /// <exception cref="InvalidOperationException">The user has more claims than a ticket has room for.</exception>
    public IssuedTicket Issue(ClaimsPrincipal user, DateTimeOffset? signInExpiry)
    {
        SseTicketOptions current = Options;
        var properties = new AuthenticationProperties { ExpiresUtc = signInExpiry };
        properties.Items[IdItem] = Convert.ToHexString(RandomNumberGenerator.GetBytes(IdBytes));
        properties.Items[EndItem] = (time.GetUtcNow() + current.Lifetime).UtcTicks.ToString(CultureInfo.InvariantCulture);
        string value = _format.Protect(
            new AuthenticationTicket(current.SelectUser(user), properties, SseTicketDefaults.AuthenticationScheme));
        return value.Length <= MaxLength
            ? new IssuedTicket(value, (int)current.Lifetime.TotalSeconds)
            : throw new InvalidOperationException(
                $"The ticket for a user has {value.Length} characters, but a URL has room for {MaxLength}. "
                + "Choose the claims that streams need with SseTicketOptions.SelectUser.");
    }

    /// <summary>Reads a ticket, which is untrusted input.</summary>
    /// <returns>Null if SseKit has not issued it, or its time is over.</returns>
    public ReadTicket? Read(string value)
    {
        if (value.Length > MaxLength
            || _format.Unprotect(value) is not { Properties: { } properties } ticket
            || properties.Items[IdItem] is not { } id
            || !long.TryParse(properties.Items[EndItem], NumberStyles.None, CultureInfo.InvariantCulture, out long end))
        {
            return null;
        }

        TimeSpan left = TimeSpan.FromTicks(end - time.GetUtcNow().UtcTicks);
        return left > TimeSpan.Zero
            ? new ReadTicket(id, left, ticket.Principal, new AuthenticationProperties { ExpiresUtc = properties.ExpiresUtc })
            : null;
    }
}

/// <summary>A ticket for a client.</summary>
/// <param name="Ticket">The ticket: characters that a query needs no escapes for.</param>
/// <param name="ExpiresIn">The seconds in which it opens a stream.</param>
internal sealed record IssuedTicket(string Ticket, int ExpiresIn);

/// <summary>A valid ticket of a client.</summary>
/// <param name="Id">Identifies the ticket.</param>
/// <param name="Left">The time that it remains valid.</param>
/// <param name="User">The user for whom it was issued.</param>
/// <param name="Properties">The sign-in of that user.</param>
internal sealed record ReadTicket(string Id, TimeSpan Left, ClaimsPrincipal User, AuthenticationProperties Properties);

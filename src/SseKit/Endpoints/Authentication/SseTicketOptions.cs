using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace SseKit;

/// <summary>Options of the tickets that <c>MapSseTicket</c> issues and <c>WithSseTicket</c> accepts.</summary>
public sealed class SseTicketOptions : AuthenticationSchemeOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The time in which a ticket opens a stream, once. The stream itself may last longer.</summary>
    /// <value>1 second to 10 minutes. The default is 30 seconds.</value>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Selects the identities and claims that a ticket carries, for users with more claims than a URL has room for.</summary>
    /// <value>
    /// A function of the signed-in user, called for each ticket; it returns an authenticated user. The default returns the user unchanged.
    /// </value>
    public Func<ClaimsPrincipal, ClaimsPrincipal> SelectUser { get; set; } = static user => user;

    /// <inheritdoc />
    public override void Validate()
    {
        base.Validate();
        if (Lifetime < Shortest || Lifetime > Longest)
        {
            throw new InvalidOperationException($"SseTicketOptions.Lifetime is {Lifetime}, but must be {Shortest} to {Longest}.");
        }

        if (SelectUser is null)
        {
            throw new InvalidOperationException(
                "SseTicketOptions.SelectUser is null; a function that returns its argument selects all claims.");
        }
    }
}

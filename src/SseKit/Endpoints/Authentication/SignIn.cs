using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SseKit.Endpoints.Authentication;

/// <summary>Reads when the sign-in of a request ends.</summary>
internal static class SignIn
{
    /// <summary>Returns the time at which the sign-in ends that the stream of a request depends on.</summary>
    /// <remarks>Read when the response has started, because the cookie handler renews a sign-in with the headers.</remarks>
    /// <returns>Null if the sign-in has no end, or the stream does not depend on it.</returns>
    public static DateTimeOffset? ExpiryOf(HttpContext context, SseOptions options, TimeProvider time)
    {
        AuthenticateResult? result = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult;
        return result is { Succeeded: true, Properties.ExpiresUtc: { } expiry }
            && options.CloseOnAuthenticationExpiration
            && EndpointAuthorization.IsRequired(context)
            ? RenewedExpiry(context, result, expiry, time) ?? expiry
            : null;
    }

    // The cookie handler renews a copy of the ticket, so only the cookie shows the renewal. Null if this response renews nothing.
    private static DateTimeOffset? RenewedExpiry(HttpContext context, AuthenticateResult result, DateTimeOffset expiry, TimeProvider time)
    {
        if (context.Response.Headers.SetCookie is not { Count: > 0 } cookies
            || result is not { Ticket.AuthenticationScheme: { } scheme, Properties.IssuedUtc: { } issued }
            || context.RequestServices.GetService<IOptionsMonitor<CookieAuthenticationOptions>>()?.Get(scheme).Cookie.Name is not { } name)
        {
            return null;
        }

        bool isRenewed = cookies.Any(cookie =>
            cookie is not null
            && cookie.StartsWith(name + "=", StringComparison.Ordinal)

            // A cookie without a value is deleted by the client.
            && !cookie.StartsWith(name + "=;", StringComparison.Ordinal));
        return isRenewed ? time.GetUtcNow() + (expiry - issued) : null;
    }
}

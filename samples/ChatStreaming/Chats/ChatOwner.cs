using System.Security.Cryptography;
using System.Text;

namespace ChatStreaming.Chats;

/// <summary>Whose a chat is: the browser's that made it. A cookie with a random secret knows the browser; topics are named with its hash.</summary>
internal static class ChatOwner
{
    public const string Cookie = "chat-owner";

    private const int SecretBytes = 16; // 128 bits: nobody guesses them.

    /// <summary>The owner who asks. A browser without the cookie is nobody, who never owns a chat.</summary>
    public static string Of(HttpContext context) => Hash(context.Request.Cookies[Cookie]);

    /// <summary>The owner who asks; a browser that is new gets its cookie.</summary>
    public static string Welcome(HttpContext context)
    {
        string? secret = context.Request.Cookies[Cookie];
        if (string.IsNullOrEmpty(secret))
        {
            secret = RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true);
        }

        // Set again each time, so that it lasts a year from the last new chat on.
        context.Response.Cookies.Append(Cookie, secret, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            MaxAge = TimeSpan.FromDays(365),
        });
        return Hash(secret);
    }

    private static string Hash(string? secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? "")).AsSpan(0, SecretBytes));
}

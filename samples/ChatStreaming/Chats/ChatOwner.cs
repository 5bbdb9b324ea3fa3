using System.Security.Cryptography;
using System.Text;

namespace ChatStreaming.Chats;

/// <summary>
/// A chat belongs to the browser that created it. A cookie with a random secret identifies the browser; topics are named with its hash.
/// </summary>
internal static class ChatOwner
{
    public const string Cookie = "chat-owner";

    private const int SecretBytes = 16; // 128 bits cannot be guessed.

    /// <summary>The owner that sends the request. A browser without the cookie owns no chat.</summary>
    public static string Of(HttpContext context) => Hash(context.Request.Cookies[Cookie]);

    /// <summary>The owner that sends the request. A new browser gets its cookie.</summary>
    public static string Welcome(HttpContext context)
    {
        string? secret = context.Request.Cookies[Cookie];
        if (string.IsNullOrEmpty(secret))
        {
            secret = RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true);
        }

        // The cookie is set each time, so that it lasts a year from the last new chat.
        context.Response.Cookies.Append(Cookie, secret, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            MaxAge = TimeSpan.FromDays(365),
        });
        return Hash(secret);
    }

    private static string Hash(string? secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? "")).AsSpan(0, SecretBytes));
}

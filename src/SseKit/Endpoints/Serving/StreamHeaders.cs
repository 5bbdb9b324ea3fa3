using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace SseKit.Endpoints.Serving;

/// <summary>Sets the headers that let a stream pass proxies and caches between server and client.</summary>
internal static class StreamHeaders
{
    public const string MediaType = "text/event-stream";

    // Python's requests, and libraries built on it, read text without a charset as Latin-1.
    public const string ContentType = MediaType + "; charset=utf-8";

    // no-store prevents nginx and Varnish from serving one client's stream to another.
    // no-transform prevents proxies from buffering in order to rewrite.
    public const string CacheControl = "no-cache, no-store, no-transform";

    // The only way to prevent nginx from delaying headers and events until the stream ends.
    private const string AccelBuffering = "X-Accel-Buffering";

    // The only value that prevents compression, which buffers, in nginx, Caddy, HAProxy and ASP.NET Core alike.
    private const string Identity = "identity";

    public static void Set(HttpResponse response)
    {
        response.ContentType = ContentTypeWithCharset(response.ContentType);
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = CacheControl;
        headers[AccelBuffering] = "no";
        headers.ContentEncoding = Identity;
        headers.ContentLength = null;
    }

    /// <summary>Adds the headers that the app has not set, and keeps those that it has set.</summary>
    public static void Complete(HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = WithMissingDirectives(headers.CacheControl.ToString());
        headers.TryAdd(AccelBuffering, "no");
        headers.TryAdd(HeaderNames.ContentEncoding, Identity);
    }

    /// <summary>Sends headers before there is a byte to send.</summary>
    /// <remarks>A pipe over a middleware's stream drops a flush without bytes. The stream itself passes it on.</remarks>
    public static Task FlushAsync(IHttpResponseBodyFeature body) => body.Stream.FlushAsync(CancellationToken.None);

    /// <summary>Returns whether a header is a content type that SseKit would set anyway.</summary>
    public static bool IsOwnContentType(KeyValuePair<string, StringValues> header) =>
        header.Key.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase)
        && (header.Value == MediaType || header.Value == ContentType);

    public static bool IsEventStream([NotNullWhen(true)] string? contentType) =>
        contentType is not null
        && contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == MediaType.Length || contentType[MediaType.Length] is ';' or ' ');

    /// <summary>Returns whether the bytes of a response are not compressed, so that frames can be found between them.</summary>
    /// <remarks>Apps also set "none", which is no registered encoding, to prevent compression.</remarks>
    public static bool ArePlain(IHeaderDictionary headers) =>
        headers.ContentEncoding.ToString() is var encoding
        && (encoding.Length == 0
            || encoding.Equals(Identity, StringComparison.OrdinalIgnoreCase)
            || encoding.Equals("none", StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns whether all headers of the framework's own result are set.</summary>
    public static bool AreOfFrameworkResult(IHeaderDictionary headers) =>
        headers.CacheControl == "no-cache,no-store"
        && headers.Pragma == "no-cache"
        && headers.ContentEncoding == Identity;

    // Parameters that the app has chosen are kept.
    private static string ContentTypeWithCharset(string? contentType) => contentType switch
    {
        _ when !IsEventStream(contentType) || contentType.Length == MediaType.Length => ContentType,
        _ when contentType.Contains("charset=", StringComparison.OrdinalIgnoreCase) => contentType,
        _ => contentType + "; charset=utf-8",
    };

    private static string WithMissingDirectives(string cacheControl)
    {
        if (cacheControl.Length == 0)
        {
            return CacheControl;
        }

        foreach (string directive in (ReadOnlySpan<string>)["no-store", "no-transform"])
        {
            if (!cacheControl.Contains(directive, StringComparison.OrdinalIgnoreCase))
            {
                cacheControl += ", " + directive;
            }
        }

        return cacheControl;
    }
}

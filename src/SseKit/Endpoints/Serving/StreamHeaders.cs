using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace SseKit.Endpoints.Serving;

/// <summary>The headers that carry a stream through what stands between server and client.</summary>
internal static class StreamHeaders
{
    public const string MediaType = "text/event-stream";

    // Python's requests, and what is built on it, read text without a charset as Latin-1.
    public const string ContentType = MediaType + "; charset=utf-8";

    // no-store keeps nginx and Varnish from serving one client's stream to another; no-transform keeps proxies from buffering to rewrite.
    public const string CacheControl = "no-cache, no-store, no-transform";

    // The one way to stop nginx from holding headers and events back until the stream ends.
    private const string AccelBuffering = "X-Accel-Buffering";

    // The one header that stops nginx, Caddy, HAProxy and ASP.NET Core alike from compressing, which buffers.
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

    /// <summary>Adds what the app has left out, and leaves what it has said.</summary>
    public static void Complete(HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        headers.CacheControl = WithMissingDirectives(headers.CacheControl.ToString());
        headers.TryAdd(AccelBuffering, "no");
        headers.TryAdd(HeaderNames.ContentEncoding, Identity);
    }

    /// <summary>Sends headers that no byte follows yet. A pipe over a middleware's stream drops a flush without bytes; the stream itself passes it on.</summary>
    public static Task FlushAsync(IHttpResponseBodyFeature body) => body.Stream.FlushAsync(CancellationToken.None);

    public static bool IsEventStream(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == MediaType.Length || contentType[MediaType.Length] is ';' or ' ');

    /// <summary>Whether these are the headers of the framework's own result, complete.</summary>
    public static bool AreOfFrameworkResult(IHeaderDictionary headers) =>
        headers.CacheControl == "no-cache,no-store"
        && headers.Pragma == "no-cache"
        && headers.ContentEncoding == Identity;

    private static string ContentTypeWithCharset(string? contentType) =>
        IsEventStream(contentType) && contentType!.Contains("charset=", StringComparison.OrdinalIgnoreCase) ? contentType : ContentType;

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

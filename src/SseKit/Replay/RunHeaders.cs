using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SseKit.Endpoints.Serving;

namespace SseKit.Replay;

/// <summary>Decides which headers of a run's response its clients get.</summary>
internal static class RunHeaders
{
    // Those of one connection (RFC 9110 §7.6.1) and those of the server.
    private static readonly FrozenSet<string> OfEachConnection = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.Connection,
        HeaderNames.KeepAlive,
        HeaderNames.ProxyAuthenticate,
        HeaderNames.ProxyAuthorization,
        HeaderNames.ProxyConnection,
        HeaderNames.TE,
        HeaderNames.Trailer,
        HeaderNames.TransferEncoding,
        HeaderNames.Upgrade,
        HeaderNames.Date,
        HeaderNames.Server);

    // Those that SseKit sets for each stream.
    private static readonly FrozenSet<string> OfEachStream = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.ContentLength,
        HeaderNames.CacheControl,
        HeaderNames.ContentEncoding,
        "X-Accel-Buffering");

    // Those that describe the body of a response.
    private static readonly FrozenSet<string> OfContent = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.ContentDisposition,
        HeaderNames.ContentEncoding,
        HeaderNames.ContentLanguage,
        HeaderNames.ContentLength,
        HeaderNames.ContentLocation,
        HeaderNames.ContentRange,
        HeaderNames.ContentType);

    /// <summary>Returns whether every follower gets a header. Cookies are for the client alone that began the run.</summary>
    public static bool IsShared(KeyValuePair<string, StringValues> header) =>
        IsOfHandler(header) && !IsCookie(header);

    /// <summary>Returns whether a header sets cookies.</summary>
    public static bool IsCookie(KeyValuePair<string, StringValues> header) =>
        header.Key.Equals(HeaderNames.SetCookie, StringComparison.OrdinalIgnoreCase);

    /// <summary>Gives the client that began a run the status, headers and cookies of a stream.</summary>
    public static void CopyToStarter(int status, IHeaderDictionary headers, HttpResponse response)
    {
        SetStatus(response, status);
        foreach (KeyValuePair<string, StringValues> header in headers.Where(IsOfHandler))
        {
            Copy(header, response);
        }
    }

    /// <summary>Copies a header to the response of the client that began the run.</summary>
    /// <remarks>Cookies are added to those that filters and middleware have set, as without replay.</remarks>
    public static void Copy(KeyValuePair<string, StringValues> header, HttpResponse response) => response.Headers[header.Key] =
        IsCookie(header) ? StringValues.Concat(response.Headers.SetCookie, header.Value) : header.Value;

    /// <summary>Gives a client that waited the headers of a response that is no stream, without its cookies.</summary>
    /// <remarks>
    /// Headers that the client's own request has set are kept (CORS, a filter), because they were computed for that request.
    /// </remarks>
    public static void CopyToWaiter(IHeaderDictionary headers, HttpResponse response)
    {
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            if (OfContent.Contains(header.Key))
            {
                Copy(header, response);
            }
            else if (!OfEachConnection.Contains(header.Key) && !IsCookie(header))
            {
                response.Headers.TryAdd(header.Key, header.Value);
            }
        }
    }

    /// <summary>Sets a status that the handler has chosen. Without a choice, that of the client's filters stays.</summary>
    public static void SetStatus(HttpResponse response, int status)
    {
        if (status != StatusCodes.Status200OK)
        {
            response.StatusCode = status;
        }
    }

    private static bool IsOfHandler(KeyValuePair<string, StringValues> header) =>
        !OfEachConnection.Contains(header.Key) && !OfEachStream.Contains(header.Key) && !StreamHeaders.IsOwnContentType(header);
}

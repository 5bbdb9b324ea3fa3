using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Primitives;
using SseKit.Connections;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>Reads the kind of a client and its last event id from a request.</summary>
internal static class StreamRequest
{
    private const string LastEventIdHeader = "Last-Event-ID";

    // A page that creates a new EventSource cannot set headers.
    private const string LastEventIdParameter = "lastEventId";

    /// <summary>Reads the client's last event id, which is untrusted input.</summary>
    /// <returns>The id; null if there is none, or if its value cannot be an id of SseKit's.</returns>
    public static string? LastEventId(HttpRequest request)
    {
        StringValues header = request.Headers[LastEventIdHeader];
        StringValues value = StringValues.IsNullOrEmpty(header) ? Parameter(request) : header;
        return value.Count == 1 && FieldValidation.IsEventId(value[0]) ? value[0] : null;
    }

    /// <summary>Reads the last event id of a stream of topics.</summary>
    /// <returns>
    /// The id; null if there is none. An id that SseKit cannot have written is returned as one that no log contains, so that it is
    /// reported as a gap.
    /// </returns>
    public static string? LastEventIdOfTopics(HttpRequest request)
    {
        bool hasNone = StringValues.IsNullOrEmpty(request.Headers[LastEventIdHeader])
            && StringValues.IsNullOrEmpty(Parameter(request));
        return hasNone ? null : LastEventId(request) ?? "";
    }

    /// <summary>Returns whether the client is an EventSource, or sends the same request as one.</summary>
    /// <remarks>An EventSource never reconnects after a status other than 200.</remarks>
    public static bool IsEventSource(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.ToString().Contains(StreamHeaders.MediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns after which ends the client of a request reconnects by itself.</summary>
    /// <remarks>
    /// Some clients on <c>fetch</c> take a clean end for the end of the stream. Fetch Metadata §2.3: browsers, and Node, send
    /// Sec-Fetch-Mode with each request. WHATWG HTML §9.2.2: an EventSource accepts only streams and bypasses caches, so it sends both
    /// other headers. If a proxy removes one, its stream is broken, and it also reconnects after that.
    /// </remarks>
    public static Reconnecting ReconnectingOf(HttpRequest request)
    {
        if (!HttpMethods.IsGet(request.Method))
        {
            return Reconnecting.Never;
        }

        bool asksLikeEventSource = request.Headers.Accept.ToString().Equals(StreamHeaders.MediaType, StringComparison.OrdinalIgnoreCase)
            && request.Headers.CacheControl.ToString().Contains("no-cache", StringComparison.OrdinalIgnoreCase);
        return asksLikeEventSource || !request.Headers.ContainsKey("Sec-Fetch-Mode") ? Reconnecting.AfterAnyEnd : Reconnecting.AfterBreak;
    }

    /// <summary>Returns who sent a request, for those who look at open streams.</summary>
    /// <remarks>From the features: HttpContext's own properties create objects that would live as long as the stream.</remarks>
    public static ClientInfo ClientOf(HttpContext context, SseOptions options)
    {
        ClaimsPrincipal? user = context.Features.Get<IHttpAuthenticationFeature>()?.User;
        return new ClientInfo(
            user is null ? null : options.UserId(user),
            context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress,
            context.Request.Path.Value);
    }

    // A parsed query stays in memory as long as the stream, and most requests have none.
    private static StringValues Parameter(HttpRequest request) =>
        request.QueryString.HasValue ? request.Query[LastEventIdParameter] : StringValues.Empty;
}

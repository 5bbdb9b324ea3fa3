using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>What a request says about the client and where it stopped.</summary>
internal static class StreamRequest
{
    private const string LastEventIdHeader = "Last-Event-ID";

    // An EventSource that a page has made anew cannot set headers.
    private const string LastEventIdParameter = "lastEventId";

    /// <summary>The client's last event id, or null. It is untrusted: what could not be an id of ours counts as none.</summary>
    public static string? LastEventId(HttpRequest request)
    {
        StringValues header = request.Headers[LastEventIdHeader];
        StringValues value = StringValues.IsNullOrEmpty(header) ? Parameter(request) : header;
        return value.Count == 1 && FieldValidation.IsEventId(value[0]) ? value[0] : null;
    }

    /// <summary>
    /// Reads the last event id of a stream of topics. An id that SseKit cannot have written must not count as none: a gap is reported. It
    /// comes back as an id that no log knows.
    /// </summary>
    public static string? LastEventIdOfTopics(HttpRequest request)
    {
        bool hasNone = StringValues.IsNullOrEmpty(request.Headers[LastEventIdHeader])
            && StringValues.IsNullOrEmpty(Parameter(request));
        return hasNone ? null : LastEventId(request) ?? "";
    }

    /// <summary>Whether the client is an EventSource, or something that asks as one does. It gives up for good on every status but 200.</summary>
    public static bool IsEventSource(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.ToString().Contains(StreamHeaders.MediaType, StringComparison.OrdinalIgnoreCase);

    // A query that is looked at stays parsed as long as the stream, and most requests have none.
    private static StringValues Parameter(HttpRequest request) =>
        request.QueryString.HasValue ? request.Query[LastEventIdParameter] : StringValues.Empty;
}

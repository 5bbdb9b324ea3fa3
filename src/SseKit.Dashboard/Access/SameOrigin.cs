using Microsoft.AspNetCore.Http;

namespace SseKit.Dashboard.Access;

/// <summary>Recognises requests that a page of another origin has caused.</summary>
internal static class SameOrigin
{
    /// <summary>Returns whether a browser names another origin as the source of the request.</summary>
    /// <remarks>
    /// Browsers send the header to https and to the local machine only. Elsewhere the browser's own rules apply: no page of another origin
    /// can read a stream or post JSON, unless a CORS policy of the app allows it.
    /// </remarks>
    public static bool IsViolated(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none");
}

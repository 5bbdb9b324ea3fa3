using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>Rejects a connection and sends the time after which the client should reconnect.</summary>
/// <remarks>An EventSource never reconnects after 503, so it receives 200, a long retry and the end of the stream.</remarks>
internal static class RejectedResponse
{
    public static async ValueTask WriteAsync(HttpContext context, IHttpResponseBodyFeature body, TimeSpan retry, ResponseDeadline deadline)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted)
        {
            return;
        }

        if (StreamRequest.IsEventSource(context.Request))
        {
            response.StatusCode = StatusCodes.Status200OK;
            StreamHeaders.Set(response);

            // Without the request's token, which has fired already if the host stops.
            await deadline.WaitAsync(body.Writer.WriteAsync(RetryFrame.Encode(retry), CancellationToken.None).AsTask());
        }
        else
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.ContentType = null;
            response.Headers.RetryAfter = Math.Ceiling(retry.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        // The response is completed now, because the handler may be slow to return.
        await deadline.WaitAsync(body.CompleteAsync());
    }
}

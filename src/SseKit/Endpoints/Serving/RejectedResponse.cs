using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>Tells a client to come back later. An EventSource gives up for good on 503, so it gets 200, a long retry, and an end.</summary>
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
            StreamHeaders.Set(response);

            // Not with the request's token: at a stop that has fired already.
            await deadline.WaitAsync(body.Writer.WriteAsync(RetryFrame.Encode(retry), CancellationToken.None).AsTask());
        }
        else
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.ContentType = null;
            response.Headers.RetryAfter = Math.Ceiling(retry.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        // The client need not wait for a handler that is slow to hear of it.
        await deadline.WaitAsync(body.CompleteAsync());
    }
}

using SseKit;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Writing;

namespace Microsoft.AspNetCore.Http;

/// <summary>Ends the event stream of a request from a filter, a middleware or a handler.</summary>
public static class SseHttpContextExtensions
{
    /// <summary>
    /// Ends the open stream of this request as <see cref="ISseConnections"/> does. The client of a GET stream reconnects if it
    /// does so by itself; other streams are broken off. Thread-safe as long as the request is not over.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="retry">
    /// The time after which the client reconnects, 1 to 2147483647 whole milliseconds; the client gets a random 50 to 150 percent of it.
    /// The default is null: the time that it got when the stream opened.
    /// </param>
    /// <returns>False if no stream is open. A filter then answers the request as any other.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retry"/> is out of its range.</exception>
    public static bool DisconnectSse(this HttpContext context, TimeSpan? retry = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (retry is { } value)
        {
            FieldValidation.CheckRetry(value, nameof(retry));
        }

        StreamConnection? connection =
            context.Features.Get<IResponseInterception>()?.Connection ?? HttpEventStream.Find(context)?.Connection;
        return connection is { IsOpen: true } && connection.Disconnect(retry);
    }
}

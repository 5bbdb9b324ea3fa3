using SseKit.Connections;
using SseKit.Interception;


namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds SseKit's middleware to an app.</summary>
public static class SseApplicationBuilderExtensions
{
    /// <summary>
    /// Gives every response that turns out to be <c>text/event-stream</c> what <c>MapSse</c> gives: heartbeats between its events, the headers that
    /// proxies need, a clean end when the host stops, the write deadline, limits and metrics. For <c>TypedResults.ServerSentEvents</c>, MVC
    /// actions, hand-written loops and proxied upstreams. Other responses pass untouched, SignalR's among them.
    /// </summary>
    /// <remarks>
    /// Place it last, right before the endpoints. A middleware between it and an endpoint that compresses the response leaves a stream
    /// without heartbeats, and one that logs exceptions logs the cancellation of a stream that has ended.
    /// </remarks>
    /// <param name="app">The app.</param>
    /// <example>
    /// <code>
    /// app.UseSse();
    /// app.MapGet("/numbers", () => TypedResults.ServerSentEvents(Numbers()));
    /// </code>
    /// </example>
    public static IApplicationBuilder UseSse(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        StreamRuntime runtime = StreamRuntimes.For(app.ApplicationServices);
        return app.Use(next => new InterceptionMiddleware(next, runtime).InvokeAsync);
    }
}

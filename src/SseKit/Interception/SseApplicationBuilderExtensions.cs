using SseKit.Connections;
using SseKit.Interception;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds SseKit's middleware to an app.</summary>
public static class SseApplicationBuilderExtensions
{
    /// <summary>Adds the features of <c>MapSse</c> to every response with content type <c>text/event-stream</c>.</summary>
    /// <remarks>
    /// <para>
    /// The features are heartbeats between events, the headers that proxies need, an end if the host stops, the write deadline, limits
    /// and metrics. They apply to <c>TypedResults.ServerSentEvents</c>, MVC actions, hand-written loops and proxied upstreams. Other
    /// responses are not changed, and neither are those of SignalR.
    /// </para>
    /// <para>
    /// Place it last, right before the endpoints. If a middleware between it and an endpoint compresses the response, the stream has no
    /// heartbeats. A middleware there that logs exceptions logs the cancellation of a stream that has ended.
    /// </para>
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

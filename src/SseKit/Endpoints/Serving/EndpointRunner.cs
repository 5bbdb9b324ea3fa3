using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Runs an endpoint whose response is, or may become, a stream:
/// 1. replace the request's token by the stream's, so that all code on the request observes it;
/// 2. run the endpoint (binding, filters, handler), which opens the stream;
/// 3. follow topics, if the handler's result requests it;
/// 4. write the final frame, and abort the connection if the stream must not look complete.
/// </summary>
internal sealed class EndpointRunner(RequestDelegate endpoint, IServiceProvider services)
{
    private readonly StreamRuntime _runtime = StreamRuntimes.For(services);

    public static void Wrap(EndpointBuilder builder)
    {
        RequestDelegate inner = builder.RequestDelegate
            ?? throw new InvalidOperationException("An endpoint needs its request delegate before it can become an event stream.");
        builder.RequestDelegate = new EndpointRunner(inner, builder.ApplicationServices).InvokeAsync;
    }

    /// <summary>Runs code that writes through SseKit, if its endpoint could not be wrapped before.</summary>
    public static Task RunAsync(HttpContext context, RequestDelegate endpoint) =>
        new EndpointRunner(endpoint, context.RequestServices).InvokeAsync(context);

    // Step 1; StreamGuard runs the others.
    public Task InvokeAsync(HttpContext context) =>
        StreamGuard.RunAsync(context, new HttpEventStream(context, _runtime, EndpointSettings.Of(context, _runtime), services), endpoint);
}

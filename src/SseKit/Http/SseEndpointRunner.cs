using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>
/// Runs an endpoint whose response is, or may become, a stream:
/// 1. give the request the stream's token, which everything on it listens to;
/// 2. run the endpoint (binding, filters, handler), which opens the stream;
/// 3. follow topics, where the handler's result asks for it;
/// 4. write the last frames, and break the connection if the stream must not look complete.
/// </summary>
internal sealed class SseEndpointRunner(RequestDelegate endpoint, IServiceProvider services)
{
    private readonly SseRuntime _runtime = SseRuntimes.For(services);

    public static void Wrap(EndpointBuilder builder)
    {
        RequestDelegate inner = builder.RequestDelegate
            ?? throw new InvalidOperationException("An endpoint needs its request delegate before it can become an event stream.");
        builder.RequestDelegate = new SseEndpointRunner(inner, builder.ApplicationServices).InvokeAsync;
    }

    /// <summary>Runs whatever writes through SseKit, where its endpoint could not be wrapped beforehand.</summary>
    public static Task RunAsync(HttpContext context, RequestDelegate endpoint) =>
        new SseEndpointRunner(endpoint, context.RequestServices).InvokeAsync(context);

    // Step 1; the guard does the others.
    private Task InvokeAsync(HttpContext context) =>
        SseStreamGuard.RunAsync(context, new SseHttpStream(context, _runtime, SseEndpointSettings.Of(context, _runtime), services), endpoint);
}

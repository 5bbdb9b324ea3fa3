using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>
/// Runs an endpoint whose response is, or may become, a stream:
/// 1. give the request the stream's token, which everything on it listens to;
/// 2. run the endpoint (binding, filters, handler), which opens the stream;
/// 3. say the last words, and break the connection where the stream must not look complete.
/// </summary>
internal sealed class SseEndpointRunner(RequestDelegate endpoint, SseRuntime runtime)
{
    public static void Wrap(EndpointBuilder builder)
    {
        RequestDelegate inner = builder.RequestDelegate
            ?? throw new InvalidOperationException("An endpoint needs its request delegate before it can become an event stream.");
        builder.RequestDelegate = new SseEndpointRunner(inner, SseRuntimes.For(builder.ApplicationServices)).InvokeAsync;
    }

    private Task InvokeAsync(HttpContext context) => RunAsync(context, runtime, endpoint);

    /// <summary>Runs whatever writes through SseKit, where its endpoint could not be wrapped beforehand.</summary>
    public static async Task RunAsync(HttpContext context, SseRuntime runtime, RequestDelegate endpoint)
    {
        // A middleware that ran before routing could not know that this endpoint looks after itself.
        (context.Features.Get<IHttpRequestLifetimeFeature>() as SseWatchedResponse)?.StepAside();

        // Step 1: one token for everything: binding takes it from the request.
        var stream = new SseHttpStream(context, runtime, SseEndpointSettings.Of(context, runtime));

        // The registry ends streams that are open. A handler that waits before its first event hears of the stop from here.
        // A detached run hears of it from those who run it.
        using CancellationTokenRegistration stopping = stream.IsDetached
            ? default
            : runtime.Stopping.UnsafeRegister(
                static connection => ((SseConnection)connection!).End(SseEndReason.Shutdown), stream.Connection);
        CancellationToken original = context.RequestAborted;
        context.RequestAborted = stream.Connection.Ended;
        context.Features.Set(stream);
        try
        {
            // Steps 2 and 3: the endpoint, and its end.
            await SseStreamGuard.RunAsync(context, stream, runtime, endpoint);
        }
        finally
        {
            context.Features.Set<SseHttpStream>(null);
            context.RequestAborted = original;
        }
    }
}

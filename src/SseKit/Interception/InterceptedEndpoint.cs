using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>Intercepts an endpoint whose handler returns a result, which may be a stream of the framework or of the app.</summary>
/// <remarks>SseKit's results end the interception when they open their streams.</remarks>
internal sealed class InterceptedEndpoint(RequestDelegate endpoint, StreamRuntime runtime)
{
    public static void Wrap(EndpointBuilder builder)
    {
        RequestDelegate inner = builder.RequestDelegate
            ?? throw new InvalidOperationException("An endpoint needs its request delegate before its response can be intercepted.");
        builder.RequestDelegate = new InterceptedEndpoint(inner, StreamRuntimes.For(builder.ApplicationServices)).InvokeAsync;
    }

    // A detached run has no client: its bytes go to a topic.
    private Task InvokeAsync(HttpContext context) =>
        context.Features.Get<IDetachedRun>() is not null || InterceptedResponse.Of(context) is { IsUndecided: true }
            ? endpoint(context)
            : InterceptedResponse.RunAsync(context, runtime, endpoint);
}

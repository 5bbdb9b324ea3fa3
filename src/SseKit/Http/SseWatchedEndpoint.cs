using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>
/// Watches an endpoint whose handler returns a result: it may be a stream of the framework's, or of the app's own. SseKit's results step aside when they
/// open theirs.
/// </summary>
internal sealed class SseWatchedEndpoint(RequestDelegate endpoint, SseRuntime runtime)
{
    public static void Wrap(EndpointBuilder builder)
    {
        RequestDelegate inner = builder.RequestDelegate
            ?? throw new InvalidOperationException("An endpoint needs its request delegate before its response can be watched.");
        builder.RequestDelegate = new SseWatchedEndpoint(inner, SseRuntimes.For(builder.ApplicationServices)).InvokeAsync;
    }

    // A detached run has no client to look after: its bytes go to a topic.
    private Task InvokeAsync(HttpContext context) =>
        context.Features.Get<SseReplayRun>() is not null || SseWatchedResponse.Of(context) is { IsUndecided: true }
            ? endpoint(context)
            : SseWatchedResponse.RunAsync(context, runtime, endpoint);
}

using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>Watches responses that SseKit has not mapped, and looks after those that turn out to be streams.</summary>
internal sealed class SseMiddleware(RequestDelegate next, SseRuntime runtime)
{
    public Task InvokeAsync(HttpContext context)
    {
        bool looksAfterItself = context.GetEndpoint()?.Metadata.GetMetadata<SseEndpointMetadata>() is not null;
        return looksAfterItself || HttpMethods.IsHead(context.Request.Method)
            ? next(context)
            : SseWatchedResponse.RunAsync(context, runtime, next);
    }
}

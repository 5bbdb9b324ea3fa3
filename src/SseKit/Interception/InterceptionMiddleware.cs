using Microsoft.AspNetCore.Http;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>Watches responses that SseKit has not mapped, and looks after those that turn out to be streams.</summary>
internal sealed class InterceptionMiddleware(RequestDelegate next, StreamRuntime runtime)
{
    public Task InvokeAsync(HttpContext context)
    {
        bool looksAfterItself = context.GetEndpoint()?.Metadata.GetMetadata<StreamEndpointMetadata>() is not null;
        return looksAfterItself || HttpMethods.IsHead(context.Request.Method)
            ? next(context)
            : InterceptedResponse.RunAsync(context, runtime, next);
    }
}

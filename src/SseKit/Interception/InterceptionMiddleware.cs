using Microsoft.AspNetCore.Http;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>Intercepts responses of endpoints that SseKit has not mapped, and manages those that are streams.</summary>
internal sealed class InterceptionMiddleware(RequestDelegate next, StreamRuntime runtime)
{
    public Task InvokeAsync(HttpContext context)
    {
        bool isMappedStream = context.GetEndpoint()?.Metadata.GetMetadata<StreamEndpointMetadata>() is not null;
        return isMappedStream || HttpMethods.IsHead(context.Request.Method)
            ? next(context)
            : InterceptedResponse.RunAsync(context, runtime, next);
    }
}

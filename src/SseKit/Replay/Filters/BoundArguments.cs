using Microsoft.AspNetCore.Http;

namespace SseKit.Replay.Filters;

/// <summary>Stores, before the first filter, the arguments that the client's request bound to the handler's parameters.</summary>
internal static class BoundArguments
{
    public static EndpointFilterDelegate Create(EndpointFilterFactoryContext _, EndpointFilterDelegate next) => invocation =>
    {
        if (invocation.HttpContext.Features.Get<IReplayClient>() is { } request)
        {
            request.Bound = [.. invocation.Arguments];
        }

        return next(invocation);
    };
}

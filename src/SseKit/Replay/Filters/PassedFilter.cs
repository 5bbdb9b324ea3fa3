using Microsoft.AspNetCore.Http;
using SseKit.Endpoints.Serving;

namespace SseKit.Replay.Filters;

/// <summary>Runs a filter of the app for the requests of clients, and skips it in a run, which has no client.</summary>
internal sealed class PassedFilter(Func<EndpointFilterFactoryContext, EndpointFilterDelegate, EndpointFilterDelegate> factory)
{
    public EndpointFilterDelegate Create(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        EndpointFilterDelegate filter = factory(context, next);
        return filter == next
            ? next
            : invocation => invocation.HttpContext.Features.Get<IDetachedRun>() is null ? filter(invocation) : next(invocation);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SseKit.Replay.Filters;

/// <summary>
/// Replaces the handler after the app's filters: a client's request follows the run of its topic, and only the run calls the handler.
/// </summary>
internal sealed class ReplayFilter(EndpointBuilder builder)
{
    /// <summary>Gets whether the framework has built the endpoint's filters.</summary>
    public bool IsBuilt { get; private set; }

    public EndpointFilterDelegate Create(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        IsBuilt = true;
        var handed = new HandedArguments(context.MethodInfo, builder);
        return async invocation =>
        {
            HttpContext request = invocation.HttpContext;
            if (request.Features.Get<ArgumentsOfRun>() is { } run)
            {
                return await InvokeAsync(run, invocation, next);
            }

            // Filters also run if the parameters did not bind. The framework then skips the handler, and only the status shows it.
            return request.Features.Get<IReplayClient>() is { } client && request.Response.StatusCode < StatusCodes.Status400BadRequest
                ? await client.ServeAsync(handed.Of(client.Bound, invocation.Arguments))
                : await next(invocation);
        };
    }

    private static ValueTask<object?> InvokeAsync(
        ArgumentsOfRun run, EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        foreach ((int index, object? value) in run.ByParameter)
        {
            invocation.Arguments[index] = value;
        }

        return next(invocation);
    }
}

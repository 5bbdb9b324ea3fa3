using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit.Endpoints.Serving;

namespace SseKit.Endpoints.Mapping;

/// <summary>
/// Stands right in front of a handler. It opens the stream before a handler that writes, so that the headers go out at once,
/// and turns the items of a handler that yields into a result.
/// </summary>
internal sealed class HandlerFilter(EndpointBuilder builder)
{
    /// <summary>Makes a result of what the handler returns. Null where it returns nothing, or a result of its own.</summary>
    public Func<object, IResult>? ToResult { get; set; }

    public EndpointFilterDelegate Create(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        if (ToResult is { } toResult)
        {
            return InvokeThenStream(next, toResult);
        }

        if (!HandlerShape.ReturnsNothing(context.MethodInfo))
        {
            return next;
        }

        return IsLast() ? OpenThenInvoke(next) : InvokeThenOpen(next);
    }

    private static EndpointFilterDelegate InvokeThenStream(EndpointFilterDelegate next, Func<object, IResult> toResult) => async invocation =>
    {
        if (HasFailed(invocation.HttpContext))
        {
            return await next(invocation);
        }

        if (await HttpEventStream.Of(invocation.HttpContext).TryAnswerHeadAsync())
        {
            return Results.Empty;
        }

        object items = await next(invocation)
            ?? throw new InvalidOperationException("The handler of this event stream returned null in place of its events.");
        return toResult(items);
    };

    private static EndpointFilterDelegate OpenThenInvoke(EndpointFilterDelegate next) => async invocation =>
    {
        if (HasFailed(invocation.HttpContext))
        {
            return await next(invocation);
        }

        if (await HttpEventStream.Of(invocation.HttpContext).TryOpenAsync())
        {
            await next(invocation);
        }

        return Results.Empty;
    };

    private static EndpointFilterDelegate InvokeThenOpen(EndpointFilterDelegate next) => async invocation =>
    {
        object? result = await next(invocation);
        if (result is null or EmptyHttpResult && IsUntouched(invocation.HttpContext.Response))
        {
            // A stream without a single event is a stream all the same, and not an empty response without a content type.
            await HttpEventStream.Of(invocation.HttpContext).TryOpenAsync();
        }

        return result;
    };

    // Filters run also where the parameters did not bind. The framework then leaves out the handler, and says so by the status alone.
    private static bool HasFailed(HttpContext context) => context.Response.StatusCode >= StatusCodes.Status400BadRequest;

    private static bool IsUntouched(HttpResponse response) => !response.HasStarted && response.StatusCode == StatusCodes.Status200OK;

    // In a plain MapGet other filters may stand behind this one. They must have their say first, so there the stream opens with its first event.
    private bool IsLast() => ReferenceEquals(builder.FilterFactories[^1].Target, this);
}

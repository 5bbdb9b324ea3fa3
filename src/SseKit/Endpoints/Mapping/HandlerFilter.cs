using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SseKit.Endpoints.Serving;

namespace SseKit.Endpoints.Mapping;

/// <summary>Opens the stream right before a handler that writes, and turns the items of a handler that yields into a result.</summary>
/// <remarks>The headers of a handler that writes are thus sent at once.</remarks>
internal sealed class HandlerFilter(EndpointBuilder builder)
{
    /// <summary>Gets or sets the function that turns the handler's items into a result; null if the handler does not yield.</summary>
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

    private static EndpointFilterDelegate InvokeThenStream(
        EndpointFilterDelegate next, Func<object, IResult> toResult) => async invocation =>
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
        if (result is null or EmptyHttpResult or EmptyResult && IsUntouched(invocation.HttpContext.Response))
        {
            // A stream without events is still a stream, and not an empty response without a content type.
            await HttpEventStream.Of(invocation.HttpContext).TryOpenAsync();
        }

        return result;
    };

    // Filters also run if the parameters did not bind. The framework then skips the handler, and only the status shows it.
    private static bool HasFailed(HttpContext context) => context.Response.StatusCode >= StatusCodes.Status400BadRequest;

    private static bool IsUntouched(HttpResponse response) => !response.HasStarted && response.StatusCode == StatusCodes.Status200OK;

    // In a plain MapGet other filters may come after this one. They must run before the headers are sent, so there the stream opens with
    // its first event.
    private bool IsLast() => ReferenceEquals(builder.FilterFactories[^1].Target, this);
}

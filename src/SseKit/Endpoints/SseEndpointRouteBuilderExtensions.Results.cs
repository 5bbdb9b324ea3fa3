using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit;

namespace Microsoft.AspNetCore.Builder;

// Handlers that return a result and do not write. The type of the result is a parameter with a constraint, so that a lambda which never
// returns, or returns other values, fits the overload for any delegate only.
public static partial class SseEndpointRouteBuilderExtensions
{
    /// <summary>Maps GET requests to the result of a handler without parameters, also under Native AOT.</summary>
    /// <example>
    /// <code>
    /// app.MapSse("/news", () => SseResults.Follow("news"));
    /// </code>
    /// </example>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<TResult> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapReturned(pattern, Get, handler, _ => Task.FromResult(handler()));
    }

    /// <summary>Maps GET requests to the result of a handler that takes the request, also under Native AOT.</summary>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, TResult> handler)
        where TResult : IResult =>
        endpoints.MapSse(pattern, Get, handler);

    /// <summary>Maps requests of some methods to the result of a handler that takes the request, also under Native AOT.</summary>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="httpMethods">The methods, such as <c>["POST"]</c>.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        IEnumerable<string> httpMethods,
        Func<HttpContext, TResult> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapReturned(pattern, httpMethods, handler, context => Task.FromResult(handler(context)));
    }

    /// <summary>Maps GET requests to the result of an asynchronous handler that takes the request, also under Native AOT.</summary>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, Task<TResult>> handler)
        where TResult : IResult =>
        endpoints.MapSse(pattern, Get, handler);

    /// <summary>
    /// Maps requests of some methods to the result of an asynchronous handler that takes the request, also under Native AOT.
    /// </summary>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="httpMethods">The methods, such as <c>["POST"]</c>.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        IEnumerable<string> httpMethods,
        Func<HttpContext, Task<TResult>> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapReturned(pattern, httpMethods, handler, handler);
    }

    /// <summary>
    /// Maps GET requests to the result of a handler that takes the request and returns a value task, also under Native AOT.
    /// </summary>
    /// <typeparam name="TResult">
    /// The result: <see cref="SseFollowResult"/>, a <c>Results&lt;…&gt;</c> with it, or any other.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Returns a result that streams, or an error.</param>
    // An async lambda fits this overload and the one for Task.
    [OverloadResolutionPriority(-1)]
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, ValueTask<TResult>> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapReturned(pattern, Get, handler, context => handler(context).AsTask());
    }

    // With a runtime that emits code, the framework calls the handler, so that endpoint filters receive its result.
    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "Nothing is bound: the handler takes the HttpContext at most, and returns a result.")]
    private static RouteHandlerBuilder MapReturned<TResult>(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        IEnumerable<string> httpMethods,
        Delegate declared,
        Func<HttpContext, Task<TResult>> handler)
        where TResult : IResult
    {
        return RuntimeFeature.IsDynamicCodeSupported
            ? endpoints.MapSse(pattern, httpMethods, declared)
            : endpoints.MapResult(pattern, httpMethods, declared.Method, (context, _, _) => handler(context));
    }
}

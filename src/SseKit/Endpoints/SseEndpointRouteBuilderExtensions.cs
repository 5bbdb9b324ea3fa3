using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit;
using SseKit.Endpoints;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps routes to server-sent event streams.</summary>
/// <remarks>
/// Every stream sends its headers at once and writes heartbeats while it is idle. It ends at once if the host stops. Its connection is
/// aborted if its handler fails. If GET is mapped, HEAD is answered with the headers alone. Conventions of the framework (authorization,
/// CORS, rate limiting, filters, names, OpenAPI) and of SseKit (such as <c>WithSseHeartbeat</c>) apply to the returned builder.
/// </remarks>
public static partial class SseEndpointRouteBuilderExtensions
{
    private const string DelegateWarning =
        "This overload binds the parameters of any delegate by reflection. For Native AOT use a handler of "
        + "(HttpContext, SseEventWriter, CancellationToken), or one of (HttpContext) that returns a result, "
        + "or MapGet with a handler that takes an SseEventWriter.";

    private static readonly string[] Get = [HttpMethods.Get];

    /// <summary>Maps GET requests to a stream, with full parameter binding of minimal APIs.</summary>
    /// <example>
    /// <code>
    /// app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) => { await events.WriteAsync("tick", ct); });
    /// app.MapSse("/quotes/{symbol}", (string symbol, IQuotes quotes, CancellationToken ct) => quotes.Watch(symbol, ct));
    /// app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
    /// </code>
    /// </example>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">
    /// Writes to an <see cref="SseEventWriter"/> and returns a task. Or returns <see cref="IAsyncEnumerable{T}"/> of values or of
    /// <see cref="SseItem{T}"/>. Or returns an <see cref="IResult"/>, which may be an error or a stream of the framework. Values are
    /// written as JSON with the options of <c>ConfigureHttpJsonOptions</c>, not with those of MVC's <c>AddJsonOptions</c>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The handler returns another type, or returns nothing and has no parameter with which it can write.
    /// </exception>
    // After the overload for ValueTask, which is after all others.
    [OverloadResolutionPriority(-2)]
    [RequiresUnreferencedCode(DelegateWarning)]
    [RequiresDynamicCode(DelegateWarning)]
    public static RouteHandlerBuilder MapSse(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Delegate handler) =>
        endpoints.MapSse(pattern, Get, handler);

    /// <summary>Maps requests of some methods to a stream, with full parameter binding of minimal APIs.</summary>
    /// <example>
    /// <code>
    /// app.MapSse("/chat", ["POST"], async (Prompt prompt, IChatClient chat, SseEventWriter events, CancellationToken ct) =>
    /// {
    ///     await foreach (var update in chat.GetStreamingResponseAsync(prompt.Text, cancellationToken: ct))
    ///     {
    ///         await events.WriteAsync(update.Text, ct);
    ///     }
    /// });
    /// </code>
    /// </example>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="httpMethods">The methods, such as <c>["POST"]</c> for clients that send a prompt.</param>
    /// <param name="handler">
    /// Writes to an <see cref="SseEventWriter"/> and returns a task. Or returns <see cref="IAsyncEnumerable{T}"/> of values or of
    /// <see cref="SseItem{T}"/>. Or returns an <see cref="IResult"/>, which may be an error or a stream of the framework. Values are
    /// written as JSON with the options of <c>ConfigureHttpJsonOptions</c>, not with those of MVC's <c>AddJsonOptions</c>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The handler returns another type, or returns nothing and has no parameter with which it can write.
    /// </exception>
    [RequiresUnreferencedCode(DelegateWarning)]
    [RequiresDynamicCode(DelegateWarning)]
    public static RouteHandlerBuilder MapSse(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, IEnumerable<string> httpMethods, Delegate handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(handler);
        HandlerShape shape = HandlerShape.Of(handler.Method, pattern);
        Func<object, IResult>? toResult = shape.ItemType is { } itemType ? ItemsResult.CreatorFor(itemType) : null;
        return EndpointMapping.Map(httpMethods, methods => endpoints.MapMethods(pattern, methods, handler), builder =>
        {
            StreamEndpoint.Apply(builder).ToResult = toResult;
            StreamEndpoint.InterceptResult(builder, shape);
            StreamEndpoint.Describe(builder, shape);
        });
    }

    /// <summary>Maps GET requests to a stream that the handler writes, also under Native AOT.</summary>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Writes the events. Its token fires if the client disconnects, the host stops or a deadline passes.</param>
    public static RouteHandlerBuilder MapSse(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Func<SseEventWriter, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapWriter(pattern, Get, handler.Method, (_, events, cancellationToken) => handler(events, cancellationToken));
    }

    /// <summary>Maps GET requests to a stream that the handler writes, with the request as a parameter, also under Native AOT.</summary>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">Writes the events. Its token fires if the client disconnects, the host stops or a deadline passes.</param>
    public static RouteHandlerBuilder MapSse(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, SseEventWriter, CancellationToken, Task> handler) =>
        endpoints.MapSse(pattern, Get, handler);

    /// <summary>
    /// Maps requests of some methods to a stream that the handler writes, with the request as a parameter, also under Native AOT.
    /// </summary>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="httpMethods">The methods, such as <c>["POST"]</c>.</param>
    /// <param name="handler">Writes the events. Its token fires if the client disconnects, the host stops or a deadline passes.</param>
    public static RouteHandlerBuilder MapSse(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        IEnumerable<string> httpMethods,
        Func<HttpContext, SseEventWriter, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapWriter(pattern, httpMethods, handler.Method, handler);
    }

    /// <summary>Maps GET requests to a stream that the handler writes unless it returns an error first, also under Native AOT.</summary>
    /// <typeparam name="TResult">
    /// A result, such as an error before the first event, or <c>TypedResults.Empty</c> after the last.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">
    /// Writes the events. The headers are sent with the first. Its token fires if the client disconnects, the host stops or a deadline
    /// passes.
    /// </param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<SseEventWriter, CancellationToken, Task<TResult>> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapResult(pattern, Get, handler.Method, (_, events, cancellationToken) => handler(events, cancellationToken));
    }

    /// <summary>
    /// Maps GET requests to a stream that the handler writes, with the request as a parameter, unless it returns an error first. Supports
    /// Native AOT.
    /// </summary>
    /// <typeparam name="TResult">
    /// A result, such as an error before the first event, or <c>TypedResults.Empty</c> after the last.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="handler">
    /// Writes the events. The headers are sent with the first. Its token fires if the client disconnects, the host stops or a deadline
    /// passes.
    /// </param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, SseEventWriter, CancellationToken, Task<TResult>> handler)
        where TResult : IResult =>
        endpoints.MapSse(pattern, Get, handler);

    /// <summary>
    /// Maps requests of some methods to a stream that the handler writes, with the request as a parameter, unless it returns an error
    /// first. Supports Native AOT.
    /// </summary>
    /// <typeparam name="TResult">
    /// A result, such as an error before the first event, or <c>TypedResults.Empty</c> after the last.
    /// </typeparam>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="httpMethods">The methods, such as <c>["POST"]</c>.</param>
    /// <param name="handler">
    /// Writes the events. The headers are sent with the first. Its token fires if the client disconnects, the host stops or a deadline
    /// passes.
    /// </param>
    public static RouteHandlerBuilder MapSse<TResult>(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        IEnumerable<string> httpMethods,
        Func<HttpContext, SseEventWriter, CancellationToken, Task<TResult>> handler)
        where TResult : IResult
    {
        ArgumentNullException.ThrowIfNull(handler);
        return endpoints.MapResult(pattern, httpMethods, handler.Method, handler);
    }

    private static RouteHandlerBuilder MapWriter(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        IEnumerable<string> httpMethods,
        MethodInfo declared,
        Func<HttpContext, SseEventWriter, CancellationToken, Task> handler)
    {
        HiddenResult.ThrowIfDeclared(declared);
        return endpoints.MapTyped(pattern, httpMethods, declared, HandlerShape.ForWriter(), async context =>
        {
            HttpEventStream stream = HttpEventStream.Of(context);
            if (await stream.TryOpenAsync())
            {
                Task writing = handler(context, stream.Events, context.RequestAborted);
                await writing;
                HiddenResult.ThrowIfReturned(writing);
            }
        });
    }

    private static RouteHandlerBuilder MapResult<TResult>(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        IEnumerable<string> httpMethods,
        MethodInfo declared,
        Func<HttpContext, SseEventWriter, CancellationToken, Task<TResult>> handler)
        where TResult : IResult
    {
        return endpoints.MapTyped(pattern, httpMethods, declared, HandlerShape.ForResult<TResult>(declared), async context =>
        {
            TResult result = await handler(context, HttpEventStream.Of(context).Events, context.RequestAborted);
            await result.ExecuteAsync(context);
        });
    }

    private static RouteHandlerBuilder MapTyped(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        IEnumerable<string> httpMethods,
        MethodInfo declared,
        HandlerShape shape,
        RequestDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return EndpointMapping.Map(httpMethods, methods => endpoints.MapMethods(pattern, methods, handler), builder =>
        {
            // The framework received a request delegate. The attributes of the app's own handler, such as [Authorize], must apply as well.
            builder.Metadata.Add(TypedHandlerMetadata.Instance);
            builder.Metadata.Add(declared);
            foreach (object attribute in declared.GetCustomAttributes(inherit: true))
            {
                builder.Metadata.Add(attribute);
            }

            StreamEndpoint.ApplyTyped(builder);
            StreamEndpoint.InterceptResult(builder, shape);
            StreamEndpoint.Describe(builder, shape);
        });
    }
}

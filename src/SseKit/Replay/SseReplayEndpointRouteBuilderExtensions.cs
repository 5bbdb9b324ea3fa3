using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps routes to runs that other endpoints begin.</summary>
public static class SseReplayEndpointRouteBuilderExtensions
{
    /// <summary>Maps GET requests to the run of a topic, without a handler: they only join a run that another endpoint begins.</summary>
    /// <remarks>
    /// It is an endpoint of <c>WithSseReplay</c> whose <see cref="SseReplayOptions.StartMethods"/> are empty. If there is no run, its
    /// answer is <see cref="SseReplayOptions.MissingRun"/>.
    /// </remarks>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern.</param>
    /// <param name="topic">
    /// Returns the topic of a request, as for the endpoint that begins the run. Null or empty refuses the request.
    /// </param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// app.MapSse("/runs/{id}", ["POST"], RunAsync).RequireAuthorization().WithSseReplay(TopicOf);
    /// app.MapSseRun("/runs/{id}", TopicOf).RequireAuthorization();
    /// </code>
    /// </example>
    public static RouteHandlerBuilder MapSseRun(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, string?> topic,
        Action<SseReplayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return endpoints.MapSseRun(pattern, context => ValueTask.FromResult(topic(context)), configure);
    }

    /// <summary>
    /// Maps GET requests to the run of a topic that is looked up, without a handler: they only join a run that another endpoint begins.
    /// </summary>
    /// <inheritdoc cref="MapSseRun(IEndpointRouteBuilder, string, Func{HttpContext, string?}, Action{SseReplayOptions}?)"/>
    public static RouteHandlerBuilder MapSseRun(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Func<HttpContext, ValueTask<string?>> topic,
        Action<SseReplayOptions>? configure = null) =>
        endpoints.MapSse(pattern, static (_, _) => Task.CompletedTask).WithSseReplay(topic, options =>
        {
            configure?.Invoke(options);
            options.StartMethods = [];
        });
}

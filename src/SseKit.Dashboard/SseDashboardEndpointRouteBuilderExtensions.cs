using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using SseKit;
using SseKit.Dashboard;
using SseKit.Dashboard.Access;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the dashboard of SseKit.</summary>
public static class SseDashboardEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a page that shows the event streams of this process: open streams, reasons of their ends, rates, topics, runs, gaps and slow
    /// clients. It works without any request to another host. Its own streams are listed apart.
    /// </summary>
    /// <remarks>
    /// Outside the environment Development the page requires authorization: call <c>RequireAuthorization</c> on the returned builder or
    /// on a group around it, set a fallback policy, or call <c>AllowAnonymous</c> to let every client see it. Otherwise the app does not
    /// start. If the dashboard is mapped in a group or in <c>UseEndpoints</c>, the app starts and fails every request.
    /// </remarks>
    /// <param name="endpoints">The routes of the app.</param>
    /// <param name="pattern">The route's pattern, such as <c>/sse</c>.</param>
    /// <param name="configure">Sets which viewers may disconnect streams and read topics.</param>
    /// <returns>A builder for the conventions of the page and of all that it loads.</returns>
    /// <exception cref="InvalidOperationException">
    /// The app has not called <c>AddSse</c>, or a policy of <paramref name="configure"/> does not exist.
    /// </exception>
    /// <example>
    /// <code>
    /// app.MapSseDashboard("/sse", options => options.DisconnectPolicy = "operators").RequireAuthorization("operators");
    /// </code>
    /// </example>
    public static IEndpointConventionBuilder MapSseDashboard(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Action<SseDashboardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var options = new SseDashboardOptions();
        configure?.Invoke(options);

        var access = new DashboardAccess(endpoints.ServiceProvider, options);
        RouteGroupBuilder dashboard = endpoints.MapGroup(pattern);
        EndpointDataSource source = endpoints.DataSources.Last();
        DashboardEndpoints.Map(dashboard, access);
        ((IEndpointConventionBuilder)dashboard).Finally(access.ThrowIfUnprotected);
        CheckAtStart(endpoints, source);
        return dashboard;
    }

    // An app builds its endpoints at the first request, but its pipeline at the start. The step adds nothing to the pipeline.
    private static void CheckAtStart(IEndpointRouteBuilder endpoints, EndpointDataSource source)
    {
        if (endpoints is IApplicationBuilder app)
        {
            app.Use(next =>
            {
                _ = source.Endpoints;
                return next;
            });
        }
    }
}

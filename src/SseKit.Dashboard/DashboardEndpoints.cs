using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using SseKit.Dashboard.Access;
using SseKit.Dashboard.Page;

namespace SseKit.Dashboard;

/// <summary>Maps the endpoints of one dashboard.</summary>
internal static class DashboardEndpoints
{
    // Each viewer costs a table each second, and each tail two reads of the store. (I8)
    private const int MaxStreams = 20;

    // The tail's policy is not that of its endpoint, so it is evaluated again when the page returns.
    private static readonly TimeSpan TailLifetime = TimeSpan.FromMinutes(5);

    public static void Map(RouteGroupBuilder group, DashboardAccess access)
    {
        DashboardApp app = DashboardApp.Of(((IEndpointRouteBuilder)group).ServiceProvider);
        var streams = new DashboardStreams(app, access);
        var disconnection = new DisconnectEndpoint(app, access.Disconnect);

        Get("", DashboardPage.InvokeAsync);
        Get(DashboardPage.Script, DashboardPage.InvokeScriptAsync);
        Get(DashboardPage.Table, DashboardPage.InvokeTableAsync);
        Get(DashboardPage.Style, DashboardPage.InvokeStyleAsync);
        Stream(group.MapSse<IResult>("overview", streams.WatchAsync), app);
        Stream(group.MapSse<IResult>("tail", streams.TailAsync), app)
            .WithSseOptions(static options => options.MaxConnectionLifetime = TailLifetime);
        group.MapMethods("disconnect", [HttpMethods.Post], (RequestDelegate)disconnection.InvokeAsync).WithMetadata(disconnection);

        // The page is no part of the app's API, and it differs between viewers.
        group.WithMetadata(new ExcludeFromDescriptionAttribute(), new OutputCacheAttribute { NoStore = true });

        void Get(string pattern, RequestDelegate handler) => group.MapMethods(pattern, [HttpMethods.Get], handler);
    }

    // The app's options for its own clients, such as a small MaxEventSize or a terminator, would break the page.
    private static RouteHandlerBuilder Stream(RouteHandlerBuilder stream, DashboardApp app)
    {
        var defaults = new SseOptions();
        stream.WithSseConnectionLimit(MaxStreams).WithSseOptions(options =>
        {
            options.HeartbeatInterval = defaults.HeartbeatInterval;
            options.HeartbeatEvent = null;
            options.Terminator = null;
            options.FailureEvent = null;
            options.Retry = null;
            options.WriteTimeout = defaults.WriteTimeout;
            options.MaxEventSize = defaults.MaxEventSize;
        });
        stream.Finally(endpoint =>
        {
            if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } route })
            {
                app.AddOwnRoute(route);
            }
        });
        return stream;
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit.Dashboard.Access;
using SseKit.Dashboard.Measuring;
using SseKit.Dashboard.Snapshots;
using SseKit.Dashboard.Tailing;

namespace SseKit.Dashboard;

/// <summary>Writes the streams of the page: the overview with the viewer's table, and the tail of a topic.</summary>
internal sealed class DashboardStreams(DashboardApp app, DashboardAccess access)
{
    private static readonly TimeSpan TailInterval = TimeSpan.FromSeconds(1);

    public async Task<IResult> WatchAsync(HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        if (SameOrigin.IsViolated(context.Request))
        {
            return Forbidden();
        }

        var filter = ConnectionFilter.Of(context.Request.Query);
        var permissions = new ViewerPermissions(await access.Disconnect.IsGrantedAsync(context), access.Tail.IsOffered);
        OwnStream.Mark();
        await events.WriteAsync(permissions, DashboardJson.Shared.ViewerPermissions, "permissions", cancellationToken);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return TypedResults.Empty;
        }

        await foreach (Snapshot snapshot in app.Snapshots.WatchAsync(cancellationToken))
        {
            await events.WriteAsync(snapshot.Overview, "overview", cancellationToken);
            await events.WriteAsync(snapshot.TableOf(filter), DashboardJson.Shared.Connections, "connections", cancellationToken);
        }

        return TypedResults.Empty;
    }

    public async Task<IResult> TailAsync(HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        if (SameOrigin.IsViolated(context.Request))
        {
            return Forbidden();
        }

        // One value alone, so that a policy that decides by the topic sees the one that is read.
        if (context.Request.Query["topic"] is not [{ } topic] || !TopicTail.IsTopic(topic))
        {
            return TypedResults.StatusCode(StatusCodes.Status400BadRequest);
        }

        if (!await access.Tail.IsGrantedAsync(context))
        {
            return Forbidden();
        }

        OwnStream.Mark();
        await events.WriteAsync(new TailPage(), DashboardJson.Shared.TailPage, "tail", cancellationToken);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return TypedResults.Empty;
        }

        var tail = new TopicTail(topic, app);
        using var timer = new PeriodicTimer(TailInterval, app.Time);
        do
        {
            if (await tail.ReadAsync(cancellationToken) is { } page)
            {
                await events.WriteAsync(page, DashboardJson.Shared.TailPage, "tail", cancellationToken);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
        return TypedResults.Empty;
    }

    // An EventSource gives up at it, as it should.
    private static StatusCodeHttpResult Forbidden() => TypedResults.StatusCode(StatusCodes.Status403Forbidden);
}

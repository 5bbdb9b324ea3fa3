using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SseKit.Benchmarks.Idle;

/// <summary>
/// Connections that wait, and connections that only send heartbeats: by SseKit as a handler and as a follower, and by hand as in an app
/// without it.
/// </summary>
internal static class IdleEndpoints
{
    public const string SseKit = "ssekit";
    public const string Follower = "follower";
    public const string Run = "run";
    public const string Bare = "bare";
    public const string Waiting = "waiting";
    public const string Beating = "beating";

    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly byte[] Comment = Encoding.UTF8.GetBytes(":\n");

    public static void Map(WebApplication app)
    {
        app.MapSse($"/{SseKit}/{Waiting}", Wait);
        app.MapSse($"/{SseKit}/{Beating}", Wait).WithSseHeartbeat(Beat);
        app.MapSse($"/{Follower}/{Waiting}", () => SseResults.Follow("idle"));
        app.MapSse($"/{Follower}/{Beating}", () => SseResults.Follow("idle")).WithSseHeartbeat(Beat);
        app.MapSse($"/{Run}/{Waiting}", Wait).WithSseReplay(NewTopic, RunWithClient);
        app.MapSse($"/{Run}/{Beating}", Wait).WithSseHeartbeat(Beat).WithSseReplay(NewTopic, RunWithClient);
        app.MapGet($"/{Bare}/{Waiting}", async (HttpContext context) =>
        {
            await StartAsync(context.Response);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });
        app.MapGet($"/{Bare}/{Beating}", async (HttpContext context) =>
        {
            await StartAsync(context.Response);
            using var timer = new PeriodicTimer(Beat);
            while (await timer.WaitForNextTickAsync(context.RequestAborted))
            {
                await context.Response.BodyWriter.WriteAsync(Comment);
            }
        });
    }

    private static string NewTopic(HttpContext context) => context.TraceIdentifier;

    private static void RunWithClient(SseReplayOptions options) => options.StopWithoutFollowersAfter = TimeSpan.Zero;

    private static Task Wait(SseEventWriter events, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

    private static async Task StartAsync(HttpResponse response)
    {
        // The same headers as SseKit's, which an app behind proxies needs.
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store, no-transform";
        response.Headers.ContentEncoding = "identity";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.BodyWriter.WriteAsync(Comment);
    }
}

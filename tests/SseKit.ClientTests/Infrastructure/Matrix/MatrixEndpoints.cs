using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>The kinds of endpoints, all of which write the same stream for one client.</summary>
internal static class MatrixEndpoints
{
    private static readonly string[] Methods = ["GET", "POST"];

    public static string[] Kinds { get; } = ["writer", "iterator", "topic", "replay", "result", "loop"];

    public static void MapMatrix(this IEndpointRouteBuilder app, MatrixClient client)
    {
        RouteGroupBuilder group = app.MapGroup(client.Name).WithSseOptions(options => options.HeartbeatEvent = client.Heartbeat);

        group.MapSse("writer/{**rest}", Methods, async (SseEventWriter events, CancellationToken ct) =>
        {
            await foreach (SseItem<string> item in client.StreamAsync(ct))
            {
                await events.WriteAsync(item, ct);
            }
        });

        group.MapSse("iterator/{**rest}", Methods, (CancellationToken ct) => client.StreamAsync(ct));

        group.MapSse("topic/{**rest}", Methods, (HttpContext context, MatrixTopics topics) =>
        {
            string topic = TopicOf(context);
            topics.Publish(topic, client);
            return SseResults.Follow(
                [topic],
                new SseFollowOptions
                {
                    StartAt = SseReplayStart.Earliest,
                    Format = client.IsOfAi ? SseFollowFormat.Plain : SseFollowFormat.Full,
                });
        });

        group.MapMethods("replay/{**rest}", Methods, (CancellationToken ct) => TypedResults.ServerSentEvents(client.StreamAsync(ct)))
            .WithSseReplay(TopicOf, options => options.Format = client.IsOfAi ? SseFollowFormat.Plain : SseFollowFormat.Full);

        // UseSse intercepts these two.
        group.MapMethods("result/{**rest}", Methods, (CancellationToken ct) => TypedResults.ServerSentEvents(client.StreamAsync(ct)));

        group.MapMethods("loop/{**rest}", Methods, async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await foreach (SseItem<string> item in client.StreamAsync(context.RequestAborted))
            {
                string type = item.EventType == SseParser.EventTypeDefault ? "" : $"event: {item.EventType}\n";
                string id = item.EventId is null ? "" : $"\nid: {item.EventId}";
                await context.Response.WriteAsync($"{type}data: {item.Data}{id}\n\n", Encoding.UTF8);
            }
        });
    }

    private static string TopicOf(HttpContext context) => $"{context.Request.Method} {context.Request.Path}";
}

using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// LangGraph, <c>POST /threads/{thread}/runs/stream</c>: named events with ids. The header <c>Location</c> is where a client whose
/// connection broke continues with <c>Last-Event-ID</c>, and where other clients join. <c>POST …/runs/{run}/cancel</c> stops a run.
/// Heartbeats are comments.
/// </summary>
internal static class LangGraphRuns
{
    public static void MapLangGraphRuns(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder runs = app.MapGroup("/threads/{thread}/runs").WithSseFailureEvent(Failure, endsStream: true);
        runs.MapSse("/stream", ["POST"], AnswerAsync).WithSseReplay(NewTopic, Configure)
            .WithCurl("/threads/t/runs/stream", """{"input":{"messages":[{"role":"user","content":"Hello"}]}}""", "-N -D -");
        runs.MapSseRun("/{run}/stream", context => RunTopic.Of("langgraph", (string?)context.GetRouteValue("run")), Configure);
        runs.MapRunStop("/{run}/cancel", "langgraph");
    }

    private static string? NewTopic(HttpContext context)
    {
        string run = Guid.NewGuid().ToString();
        string path = $"/threads/{Uri.EscapeDataString((string)context.GetRouteValue("thread")!)}/runs/{run}";
        context.Response.Headers.ContentLocation = path;
        context.Response.Headers.Location = path + "/stream";
        return RunTopic.Of("langgraph", run);
    }

    private static void Configure(SseReplayOptions options) => options.Format = SseFollowFormat.Ids;

    private static async Task AnswerAsync(Request request, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        await events.WriteAsync(new { attempt = 1 }, "metadata", ct);
        await foreach (string delta in chat.StreamTextAsync(request.Input?.Messages, ct))
        {
            await events.WriteAsync(new { delta }, "custom", ct);
        }
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(new { error = "server_error", message = ModelFailedException.PublicMessage(failure) }), "error");

    private sealed record Request(Input? Input);

    private sealed record Input(Turn[]? Messages);
}

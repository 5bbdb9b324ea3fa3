using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// AI SDK, <c>WorkflowChatTransport</c>: <c>POST /api/workflow</c> names its run in a response header, and
/// <c>GET /api/workflow/{run}/stream?startIndex=N</c> continues it after N parts, or with its last parts if N is negative.
/// <c>POST /api/workflow/{run}/stop</c> stops it. The parts are those of the UI message stream. Heartbeats are comments.
/// </summary>
internal static class AiSdkWorkflow
{
    private const string RunId = "x-workflow-run-id";

    public static void MapAiSdkWorkflow(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder runs = app.MapGroup("/api/workflow").WithSseTerminator("[DONE]").WithSseFailureEvent(Failure, endsStream: true);
        runs.MapSse("", ["POST"], AnswerAsync).WithSseReplay(NewTopic, Configure)
            .WithCurl("/api/workflow", """{"messages":[{"role":"user","parts":[{"type":"text","text":"Hello"}]}]}""", "-N -D -");
        runs.MapSseRun("/{run}/stream", context => RunTopic.Of("workflow", (string?)context.GetRouteValue("run")), Configure);
        runs.MapRunStop("/{run}/stop", "workflow", new { type = "finish" });
    }

    private static string? NewTopic(HttpContext context)
    {
        string run = Guid.NewGuid().ToString("N");
        context.Response.Headers[RunId] = run;
        return RunTopic.Of("workflow", run);
    }

    private static void Configure(SseReplayOptions options)
    {
        options.Format = SseFollowFormat.Plain;
        options.RequestedStart = SseStartParameter.Index("startIndex");
        options.TailIndexHeader = "x-workflow-stream-tail-index";
    }

    // This client sends JSON without saying so, which binding would refuse.
    private static async Task AnswerAsync(HttpContext context, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        Request? request = await JsonSerializer.DeserializeAsync<Request>(context.Request.Body, JsonSerializerOptions.Web, ct);
        await events.WriteAsync(new { type = "start", messageId = $"msg_{Guid.NewGuid():N}" }, ct);
        await events.WriteAsync(new { type = "text-start", id = "1" }, ct);
        await foreach (string delta in chat.StreamTextAsync(request?.Messages, ct))
        {
            await events.WriteAsync(new { type = "text-delta", id = "1", delta }, ct);
        }

        await events.WriteAsync(new { type = "text-end", id = "1" }, ct);
        await events.WriteAsync(new { type = "finish" }, ct);
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(new { type = "error", errorText = ModelFailedException.PublicMessage(failure) }));

    private sealed record Request(Turn[]? Messages);
}

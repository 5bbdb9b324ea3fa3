using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// AG-UI, <c>POST /agui</c>: events with data only, of which the last is <c>RUN_FINISHED</c>, or <c>RUN_ERROR</c> after a failure. An abort
/// after that would be a second failure. Heartbeats are comments. A client that sends the id of a run again gets that run from its
/// beginning. <c>POST /agui/{run}/stop</c> stops a run.
/// </summary>
internal static class AgUi
{
    public static void MapAgUi(this IEndpointRouteBuilder app)
    {
        app.MapSse("/agui", ["POST"], AnswerAsync)
            .WithSseFailureEvent(Failure, endsStream: true)
            .WithSseReplay(FindTopicAsync, options => options.Format = SseFollowFormat.Plain)
            .WithCurl("/agui", """{"threadId":"t","runId":"run-1","messages":[{"id":"1","role":"user","content":"Hello"}]}""");
        app.MapRunStop("/agui/{run}/stop", "agui");
    }

    public static async Task AnswerAsync(Request request, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        string messageId = Guid.NewGuid().ToString("N");
        await events.WriteAsync(new { type = "RUN_STARTED", request.ThreadId, request.RunId }, ct);
        await events.WriteAsync(new { type = "TEXT_MESSAGE_START", messageId, role = "assistant" }, ct);
        await foreach (string delta in chat.StreamTextAsync(request.Messages, ct))
        {
            await events.WriteAsync(new { type = "TEXT_MESSAGE_CONTENT", messageId, delta }, ct);
        }

        await events.WriteAsync(new { type = "TEXT_MESSAGE_END", messageId }, ct);
        await events.WriteAsync(new { type = "RUN_FINISHED", request.ThreadId, request.RunId }, ct);
    }

    public static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(
            new { type = "RUN_ERROR", message = ModelFailedException.PublicMessage(failure), code = "server_error" }));

    private static async ValueTask<string?> FindTopicAsync(HttpContext context) =>
        RunTopic.Of("agui", (await context.Request.ReadFromJsonAsync<Request>())?.RunId);

    internal sealed record Request(string ThreadId, string RunId, Turn[]? Messages);
}

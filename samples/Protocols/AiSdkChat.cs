using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// Vercel AI SDK, UI message stream: <c>POST /api/chat</c> answers, <c>GET /api/chat/{id}/stream</c> gives a client that lost its
/// connection the answer from its beginning, and <c>POST /api/chat/{id}/stop</c> stops it. Parts are events with data only. A failure is a
/// part of type <c>error</c>; <c>[DONE]</c> is the end. Heartbeats are comments.
/// </summary>
internal static class AiSdkChat
{
    private const string StreamVersion = "x-vercel-ai-ui-message-stream";

    private static readonly object Answer = new();

    public static void MapAiSdkChat(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder chat = app.MapGroup("/api/chat").WithSseTerminator("[DONE]").WithSseFailureEvent(Failure, endsStream: true);
        chat.MapSse("", ["POST"], AnswerAsync).WithSseReplay(NewTopicAsync, static options => options.Format = SseFollowFormat.Plain)
            .WithCurl("/api/chat", """{"id":"chat-1","messages":[{"role":"user","parts":[{"type":"text","text":"Hello"}]}]}""");
        chat.MapSseRun("/{id}/stream", CurrentTopicAsync, static options =>
        {
            options.Format = SseFollowFormat.Plain;
            options.MissingRun = SseMissingRun.NoContent;
        }).WithCurl("/api/chat/chat-1/stream");
        chat.MapPost("/{id}/stop", StopAsync).WithCurl("/api/chat/chat-1/stop", options: "-X POST");
    }

    private static async ValueTask<string?> NewTopicAsync(HttpContext context)
    {
        context.Response.Headers[StreamVersion] = "v1";
        Request? request = await context.Request.ReadFromJsonAsync<Request>();
        string? topic = RunTopic.Of("chat", request?.Id) is { } chat ? $"{chat}:{Guid.NewGuid():N}" : null;
        context.Items[Answer] = topic;
        return topic;
    }

    private static async Task AnswerAsync(
        Request request, HttpContext context, IChatClient chat, AiSdkAnswers answers, SseEventWriter events, CancellationToken ct)
    {
        string topic = (string)context.Items[Answer]!;
        await answers.BeginAsync(request.Id, topic, ct);
        try
        {
            await events.WriteAsync(new { type = "start", messageId = $"msg_{Guid.NewGuid():N}" }, ct);
            await events.WriteAsync(new { type = "text-start", id = "1" }, ct);
            await foreach (string delta in chat.StreamTextAsync(request.Messages, ct))
            {
                await events.WriteAsync(new { type = "text-delta", id = "1", delta }, ct);
            }

            await events.WriteAsync(new { type = "text-end", id = "1" }, ct);
            await events.WriteAsync(new { type = "finish" }, ct);
        }
        finally
        {
            // Clients of an answer that the server's end cuts off find it after a restart, with its failure.
            if (!ct.IsCancellationRequested)
            {
                await answers.EndAsync(request.Id, topic);
            }
        }
    }

    // If no answer is being written, it is a topic that no run uses, so that the response is 204.
    private static async ValueTask<string?> CurrentTopicAsync(HttpContext context)
    {
        context.Response.Headers[StreamVersion] = "v1";
        string? id = (string?)context.GetRouteValue("id");
        AiSdkAnswers answers = context.RequestServices.GetRequiredService<AiSdkAnswers>();
        return await answers.FindTopicAsync(id, context.RequestAborted) ?? RunTopic.Of("no-chat", id);
    }

    private static async Task<Results<NoContent, NotFound>> StopAsync(string id, AiSdkAnswers answers, ISseRuns runs, CancellationToken ct)
    {
        if (await answers.FindTopicAsync(id, ct) is not { } topic || !await runs.StopAsync(topic, ct))
        {
            return TypedResults.NotFound();
        }

        await answers.EndAsync(id, topic);
        return TypedResults.NoContent();
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(new { type = "error", errorText = ModelFailedException.PublicMessage(failure) }));

    private sealed record Request(string? Id, Turn[]? Messages);
}

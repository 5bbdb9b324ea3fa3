using Microsoft.AspNetCore.Http.HttpResults;
using SseKit;

namespace Protocols;

/// <summary>
/// Vercel AI SDK, UI message stream: <c>POST /api/chat</c> answers, <c>GET /api/chat/{id}/stream</c> gives a client that lost its
/// connection the answer from its beginning. Parts are events with data only. A failure is a part of type <c>error</c>; <c>[DONE]</c> is
/// the end. Heartbeats are comments.
/// </summary>
internal static class AiSdkChat
{
    // The id is untrusted client input and becomes a part of a topic's name.
    private const int MaxIdLength = 64;

    public static void MapAiSdkChat(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder chat = app.MapGroup("/api/chat").WithSseTerminator("[DONE]");
        chat.MapSse("", ["POST"], Answer);
        chat.MapSse("/{id}/stream", Results<SseFollowResult, NoContent> (string id, HttpContext context, AiSdkAnswers answers) =>
            answers.FindTopic(id) is { } topic ? Follow(topic, context) : TypedResults.NoContent());
    }

    private static Results<SseFollowResult, BadRequest<string>> Answer(Request request, HttpContext context, AiSdkAnswers answers) =>
        request.Id is { Length: > 0 and <= MaxIdLength }
            ? Follow(answers.Start(request.Id, request.Messages), context)
            : TypedResults.BadRequest($"A chat has an id of 1 to {MaxIdLength} characters.");

    private static SseFollowResult Follow(string topic, HttpContext context)
    {
        context.Response.Headers["x-vercel-ai-ui-message-stream"] = "v1";
        return SseResults.Follow([topic], new SseFollowOptions { StartAt = SseReplayStart.Earliest, Format = SseFollowFormat.Plain });
    }

    private sealed record Request(string? Id, Turn[]? Messages);
}

using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// Gemini, <c>POST /v1beta/models/{model}:streamGenerateContent?alt=sse</c>: chunks are events with data only, of which the last has a
/// <c>finishReason</c>; <c>{"error":…}</c> is a failure. Heartbeats are chunks without candidates: Gemini's client reads the first line of
/// a block only, and would lose a chunk that follows a comment.
/// </summary>
internal static class Gemini
{
    public static void MapGemini(this IEndpointRouteBuilder app)
    {
        app.MapSse("/v1beta/models/{model}:streamGenerateContent", ["POST"], AnswerAsync)
            .WithSseOptions(options => options.HeartbeatEvent = new SseItem<string>("""{"candidates":[]}"""))
            .WithSseFailureEvent(Failure)
            .WithCurl("/v1beta/models/demo:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"Hello"}]}]}""");
    }

    private static async Task<IResult> AnswerAsync(
        string model, string? alt, Request request, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        if (alt != "sse")
        {
            return Results.Json(Error(400, "This sample only streams events: add ?alt=sse.", "INVALID_ARGUMENT"), statusCode: 400);
        }

        string responseId = Guid.NewGuid().ToString("N");
        await foreach (string text in chat.StreamTextAsync(request.Contents, ct))
        {
            await SendAsync(text);
        }

        await SendAsync("", "STOP");
        return Results.Empty;

        ValueTask SendAsync(string text, string? finishReason = null) => events.WriteAsync(
            new
            {
                candidates = new[] { new { content = new { role = "model", parts = new[] { new { text } } }, finishReason, index = 0 } },
                modelVersion = model,
                responseId,
            },
            ct);
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(Error(503, ModelFailedException.PublicMessage(failure), "UNAVAILABLE")));

    private static object Error(int code, string message, string status) => new { error = new { code, message, status } };

    private sealed record Request(Turn[]? Contents);
}

using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// OpenAI, <c>POST /v1/chat/completions</c>: chunks are events with data only, <c>[DONE]</c> is the end, <c>{"error":…}</c> a failure.
/// Heartbeats are comments.
/// </summary>
internal static class OpenAiChatCompletions
{
    public static void MapOpenAiChatCompletions(this IEndpointRouteBuilder app)
    {
        app.MapSse("/v1/chat/completions", ["POST"], AnswerAsync).WithSseTerminator("[DONE]").WithSseFailureEvent(Failure)
            .WithCurl("/v1/chat/completions", """{"model":"demo","stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
    }

    private static async Task<IResult> AnswerAsync(Request request, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        if (!request.Stream)
        {
            return Results.Json(Error("This sample only streams: set \"stream\" to true.", "invalid_request_error"), statusCode: 400);
        }

        string id = $"chatcmpl-{Guid.NewGuid():N}";
        long created = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        int tokens = 0;
        await SendAsync(new { role = "assistant", content = "" });
        await foreach (string text in chat.StreamTextAsync(request.Messages, ct))
        {
            tokens++;
            await SendAsync(new { content = text });
        }

        await SendAsync(new { }, "stop");
        if (request.StreamOptions is { IncludeUsage: true })
        {
            var usage = new { prompt_tokens = 1, completion_tokens = tokens, total_tokens = 1 + tokens };
            await events.WriteAsync(
                new { id, @object = "chat.completion.chunk", created, model = request.Model, choices = Array.Empty<object>(), usage }, ct);
        }

        return Results.Empty;

        ValueTask SendAsync(object delta, string? finish_reason = null)
        {
            var choices = new[] { new { index = 0, delta, finish_reason } };
            return events.WriteAsync(new { id, @object = "chat.completion.chunk", created, model = request.Model, choices }, ct);
        }
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(Error(ModelFailedException.PublicMessage(failure), "server_error")));

    private static object Error(string message, string type) =>
        new { error = new { message, type, param = (string?)null, code = (string?)null } };

    private sealed record Request(
        string Model, Turn[]? Messages, bool Stream, [property: JsonPropertyName("stream_options")] StreamOptions? StreamOptions);

    private sealed record StreamOptions([property: JsonPropertyName("include_usage")] bool IncludeUsage);
}

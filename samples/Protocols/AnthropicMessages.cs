using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// Anthropic, <c>POST /v1/messages</c>: named events, of which the last is <c>message_stop</c>, or <c>error</c> after a failure. The
/// heartbeat is the event <c>ping</c>.
/// </summary>
internal static class AnthropicMessages
{
    public static void MapAnthropicMessages(this IEndpointRouteBuilder app)
    {
        app.MapSse("/v1/messages", ["POST"], AnswerAsync)
            .WithSseOptions(options => options.HeartbeatEvent = new SseItem<string>("""{"type":"ping"}""", "ping"))
            .WithSseFailureEvent(Failure)
            .WithCurl(
                "/v1/messages", """{"model":"demo","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
    }

    private static async Task<IResult> AnswerAsync(Request request, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        if (!request.Stream)
        {
            return Results.Json(Error("This sample only streams: set \"stream\" to true.", "invalid_request_error"), statusCode: 400);
        }

        var message = new
        {
            id = $"msg_{Guid.NewGuid():N}",
            type = "message",
            role = "assistant",
            content = Array.Empty<object>(),
            model = request.Model,
            stop_reason = (string?)null,
            stop_sequence = (string?)null,
            usage = new { input_tokens = 1, output_tokens = 0 },
        };
        int tokens = 0;
        await SendAsync("message_start", new { type = "message_start", message });
        await SendAsync(
            "content_block_start", new { type = "content_block_start", index = 0, content_block = new { type = "text", text = "" } });
        await foreach (string text in chat.StreamTextAsync(request.Messages, ct))
        {
            tokens++;
            await SendAsync(
                "content_block_delta", new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } });
        }

        await SendAsync("content_block_stop", new { type = "content_block_stop", index = 0 });
        var end = new { stop_reason = "end_turn", stop_sequence = (string?)null };
        await SendAsync("message_delta", new { type = "message_delta", delta = end, usage = new { output_tokens = tokens } });
        await SendAsync("message_stop", new { type = "message_stop" });
        return Results.Empty;

        ValueTask SendAsync<T>(string type, T data) => events.WriteAsync(data, type, ct);
    }

    private static SseItem<string>? Failure(Exception failure) =>
        new(JsonSerializer.Serialize(Error(ModelFailedException.PublicMessage(failure), "api_error")), "error");

    private static object Error(string message, string type) => new { type = "error", error = new { type, message } };

    private sealed record Request(string Model, Turn[]? Messages, bool Stream);
}

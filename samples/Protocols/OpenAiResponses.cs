using System.Text.Json;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// OpenAI, <c>POST /v1/responses</c>: named and numbered events, of which the last is <c>response.completed</c>, or <c>error</c> after a
/// failure. Heartbeats are comments. Responses are written in the background: <c>GET /v1/responses/{id}?starting_after=N</c> continues one
/// after its event with that number, and <c>POST /v1/responses/{id}/cancel</c> stops it.
/// </summary>
internal static class OpenAiResponses
{
    private static readonly object ResponseId = new();

    public static void MapOpenAiResponses(this IEndpointRouteBuilder app)
    {
        app.MapSse("/v1/responses", ["POST"], AnswerAsync).WithSseReplay(NewTopic, Configure)
            .WithCurl("/v1/responses", """{"model":"demo","stream":true,"input":"Hello"}""");
        app.MapSseRun("/v1/responses/{id}", context => RunTopic.Of("response", (string?)context.GetRouteValue("id")), Configure);
        app.MapPost("/v1/responses/{id}/cancel", CancelAsync);
    }

    private static string? NewTopic(HttpContext context)
    {
        string id = $"resp_{Guid.NewGuid():N}";
        context.Items[ResponseId] = id;
        return RunTopic.Of("response", id);
    }

    private static void Configure(SseReplayOptions options)
    {
        options.Format = SseFollowFormat.Plain;
        options.RequestedStart = SseStartParameter.After("starting_after");
    }

    private static async Task<IResult> AnswerAsync(
        Request request, HttpContext context, IChatClient chat, SseEventWriter events, CancellationToken ct)
    {
        if (!request.Stream)
        {
            return Results.Json(
                new { error = new { message = "This sample only streams: set \"stream\" to true.", type = "invalid_request_error" } },
                statusCode: 400);
        }

        var id = (string)context.Items[ResponseId]!;
        string item_id = $"msg_{Guid.NewGuid():N}";
        long created_at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        int number = 0;
        string answer = "";
        try
        {
            await SendAsync("response.created", type => new { type, sequence_number = number, response = Response("in_progress") });
            await SendAsync(
                "response.output_item.added", type => new { type, sequence_number = number, output_index = 0, item = Item("in_progress") });
            await SendAsync(
                "response.content_part.added",
                type => new { type, sequence_number = number, item_id, output_index = 0, content_index = 0, part = Part("") });
            await foreach (string delta in chat.StreamTextAsync(TurnsOf(request.Input), ct))
            {
                answer += delta;
                await SendAsync(
                    "response.output_text.delta",
                    type => new { type, sequence_number = number, item_id, output_index = 0, content_index = 0, delta });
            }

            await SendAsync(
                "response.output_text.done",
                type => new { type, sequence_number = number, item_id, output_index = 0, content_index = 0, text = answer });
            await SendAsync(
                "response.content_part.done",
                type => new { type, sequence_number = number, item_id, output_index = 0, content_index = 0, part = Part(answer) });
            await SendAsync(
                "response.output_item.done",
                type => new { type, sequence_number = number, output_index = 0, item = Item("completed", Part(answer)) });
            await SendAsync(
                "response.completed",
                type => new { type, sequence_number = number, response = Response("completed", Item("completed", Part(answer))) });
            return Results.Empty;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // The handler writes this event, because the event has a number. The rethrown failure aborts the connection.
            string message = ModelFailedException.PublicMessage(failure);
            const string code = "server_error";
            var error = new { type = code, code, message };
            await SendAsync("error", type => new { type, sequence_number = number, code, message, param = (string?)null, error });
            throw;
        }

        async Task SendAsync(string type, Func<string, object> data)
        {
            await events.WriteAsync(data(type), type, ct);
            number++;
        }

        object Response(string status, params object[] output) => new
        {
            id,
            @object = "response",
            created_at,
            status,
            model = request.Model,
            output,
            parallel_tool_calls = true,
            tool_choice = "auto",
            tools = Array.Empty<object>(),
        };

        object Item(string status, params object[] content) => new { id = item_id, type = "message", status, role = "assistant", content };

        static object Part(string text) => new { type = "output_text", text, annotations = Array.Empty<object>() };
    }

    private static async Task<IResult> CancelAsync(string id, ISseRuns runs, CancellationToken ct) =>
        RunTopic.Of("response", id) is { } topic && await runs.StopAsync(topic, ct)
            ? Results.Json(new { id, @object = "response", status = "cancelled", output = Array.Empty<object>() })
            : Results.NotFound();

    private static Turn[] TurnsOf(JsonElement input) => input.ValueKind == JsonValueKind.Array
        ? input.Deserialize<Turn[]>(JsonSerializerOptions.Web)!
        : [new Turn("user", input, default)];

    private sealed record Request(string Model, JsonElement Input, bool Stream);
}

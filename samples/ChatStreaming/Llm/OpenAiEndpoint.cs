using Microsoft.Extensions.AI;
using SseKit;

namespace ChatStreaming.Llm;

/// <summary>
/// Serves this app's model to other apps, with the part of OpenAI's chat completions that a streaming client needs. Set the
/// <c>Llm:Endpoint</c> of a second instance to the <c>/v1</c> of this one. The sample Protocols has the complete protocol.
/// </summary>
internal static class OpenAiEndpoint
{
    public static void MapOpenAi(this WebApplication app) => app.MapSse("/v1/chat/completions", ["POST"], async (
        Request request, IChatClient chat, ModelInfo model, SseEventWriter events, CancellationToken cancellationToken) =>
    {
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        IEnumerable<ChatMessage> messages = request.Messages.Select(
            static message => new ChatMessage(new ChatRole(message.Role), message.Content));
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(messages, cancellationToken: cancellationToken))
        {
            UsageDetails? usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details;
            await events.WriteAsync(
                new
                {
                    id,
                    @object = "chat.completion.chunk",
                    model = model.Model,
                    choices = new[]
                    {
                        new { index = 0, delta = new { content = update.Text }, finish_reason = update.FinishReason?.Value },
                    },
                    usage = usage is null ? null : new
                    {
                        prompt_tokens = usage.InputTokenCount,
                        completion_tokens = usage.OutputTokenCount,
                        total_tokens = usage.TotalTokenCount,
                    },
                },
                cancellationToken);
        }

        // If the model fails, SseKit aborts the connection instead, so that the client detects an incomplete answer.
    }).WithSseTerminator("[DONE]");

    internal sealed record Request(IReadOnlyList<Message> Messages);

    internal sealed record Message(string Role, string Content);
}

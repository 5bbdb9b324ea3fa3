namespace SseKit.ClientTests.Infrastructure;

/// <summary>The scripts whose client requests an answer and returns its text.</summary>
public sealed class AnswerClients : TheoryData<string>
{
    public AnswerClients() =>
        AddRange(
            "openai-chat", "openai-responses", "anthropic", "ai", "ag-ui", "google-genai", "fetch-event-source", "eventsource-client-post");
}

using SseKit;

namespace ChatStreaming.Chats;

/// <summary>Identifies a chat by its owner and id. A chat of another owner has another key, and so does not exist under this one.</summary>
internal sealed record ChatKey(string Owner, Guid Chat)
{
    /// <summary>
    /// The topic of the questions and the results of their answers: at most two events for each question, so that the log stays short.
    /// </summary>
    public string LogTopic => $"chat:{Owner}:{Chat:N}";

    /// <summary>The topic of one answer while it is written, with an event for each piece.</summary>
    public string AnswerTopic(string question) => $"answer:{Owner}:{Chat:N}:{question}";

    /// <summary>Whether a stream follows an answer of this chat.</summary>
    public bool Has(SseConnectionInfo stream) => stream.Topics.Any(topic => topic.StartsWith(AnswerTopic(""), StringComparison.Ordinal));

    public static ValueTask<ChatKey?> BindAsync(HttpContext context) => ValueTask.FromResult<ChatKey?>(
        Guid.TryParse((string?)context.Request.RouteValues["id"], out Guid chat) ? new ChatKey(ChatOwner.Of(context), chat) : null);
}

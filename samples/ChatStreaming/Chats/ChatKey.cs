namespace ChatStreaming.Chats;

/// <summary>Names a chat: whose it is, and which. A chat of somebody else has another key, and so is simply not there.</summary>
internal sealed record ChatKey(string Owner, Guid Chat)
{
    /// <summary>What was asked and what the answers came to: an event or two for each question, so that the log of a long chat stays short.</summary>
    public string LogTopic => $"chat:{Owner}:{Chat:N}";

    /// <summary>One answer while it is written, with an event for each piece.</summary>
    public string AnswerTopic(string question) => $"answer:{Owner}:{Chat:N}:{question}";

    public static ValueTask<ChatKey?> BindAsync(HttpContext context) => ValueTask.FromResult<ChatKey?>(
        Guid.TryParse((string?)context.Request.RouteValues["id"], out Guid chat) ? new ChatKey(ChatOwner.Of(context), chat) : null);
}

namespace ChatStreaming.Chats;

/// <summary>A chat as a page draws it, and the event id from which the page follows the current answer.</summary>
internal sealed record ChatSnapshot(Guid Chat, string State, string? Cursor, IReadOnlyList<ChatEntry> Messages)
{
    public const string Idle = "idle";

    public static ChatSnapshot Of(ChatKey chat, Conversation conversation, Answer? latest, string? cursor)
    {
        List<ChatEntry> messages = [];
        foreach (Exchange exchange in conversation.Exchanges)
        {
            messages.Add(new ChatEntry(exchange.Id, "user", exchange.Question));
            messages.Add(ChatEntry.Of(exchange.Id, exchange.Answer ?? latest!));
        }

        bool isRunning = latest?.State == Answer.Running;
        return new ChatSnapshot(chat.Chat, isRunning ? Answer.Running : Idle, isRunning ? cursor : null, messages);
    }
}

/// <summary>A question, or an answer: the two have the same id.</summary>
internal sealed record ChatEntry(
    string Id, string Role, string Text, string? State = null, int? Events = null, string? Label = null, string? FinishReason = null,
    ChatUsage? Usage = null, ChatFailed? Failure = null)
{
    public static ChatEntry Of(string id, Answer answer) =>
        new(id, "assistant", answer.Text, answer.State, answer.Events, answer.Label, answer.FinishReason, answer.Usage, answer.Failure);
}

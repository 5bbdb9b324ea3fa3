using System.Net.ServerSentEvents;
using System.Text;
using SseKit;

namespace ChatStreaming.Chats;

/// <summary>
/// Keeps chats in topics only. Writes that may be repeated, also after a crash, have an idempotency key, so that no event is duplicated.
/// </summary>
internal sealed class ChatLog(ISsePublisher publisher)
{
    public async Task CreateAsync(ChatKey chat, CancellationToken cancellationToken) =>
        await publisher.PublishAsync(chat.LogTopic, new { chat.Chat }, "created", cancellationToken);

    public async Task AskAsync(ChatKey chat, Question question, CancellationToken cancellationToken) =>
        await publisher.PublishAsync(
            chat.LogTopic,
            new SseItem<Question>(question, "asked"),
            new SsePublishOptions { IdempotencyKey = $"asked:{question.ClientId}" },
            cancellationToken);

    /// <summary>Reads the conversation. Null if there is no such chat.</summary>
    public async Task<Conversation?> ReadAsync(ChatKey chat, CancellationToken cancellationToken)
    {
        Conversation? conversation = null;
        await foreach (SseItem<string> item in publisher.ReadAsync(chat.LogTopic, cancellationToken: cancellationToken))
        {
            conversation ??= new Conversation();
            switch (item.EventType)
            {
                case "asked":
                    conversation.Add(Answer.Read<Question>(item));
                    break;
                case "answered":
                    conversation.Add(Answer.Read<Answered>(item));
                    break;
            }
        }

        return conversation;
    }

    /// <summary>Reads the current state of an answer, and the id of its last event.</summary>
    public async Task<(Answer Answer, string? Cursor)> ReadAnswerAsync(ChatKey chat, string id, CancellationToken cancellationToken)
    {
        var answer = new Answer(Answer.Running, "");
        var text = new StringBuilder();
        string? cursor = null;
        await foreach (SseItem<string> item in publisher.ReadAsync(chat.AnswerTopic(id), cancellationToken: cancellationToken))
        {
            cursor = item.EventId;
            answer = answer.After(item);
            if (item.EventType == "delta")
            {
                text.Append(Answer.Read<ChatDelta>(item).Text);
            }
        }

        return (answer with { Text = text.ToString() }, cursor);
    }

    /// <summary>Publishes how an answer ended. The first such event stays.</summary>
    public async Task EndAsync(ChatKey chat, string id, string eventType, object data, CancellationToken cancellationToken) =>
        await publisher.PublishAsync(
            chat.AnswerTopic(id),
            new SseItem<object>(data, eventType),
            new SsePublishOptions { IdempotencyKey = "end" },
            cancellationToken);

    /// <summary>
    /// Settles an answer that has no writer: 1. an incomplete one is marked interrupted; 2. its topic is completed, so that its followers
    /// end; 3. the log gets the result. Each step may have been done before.
    /// </summary>
    public async Task<Answered> SettleAsync(ChatKey chat, string id, CancellationToken cancellationToken)
    {
        (Answer answer, _) = await ReadAnswerAsync(chat, id, cancellationToken);
        if (answer.State == Answer.Running)
        {
            await InterruptAsync(chat, id, cancellationToken);
            (answer, _) = await ReadAnswerAsync(chat, id, cancellationToken);
        }

        await publisher.CompleteAsync(chat.AnswerTopic(id), cancellationToken);
        var answered = new Answered(id, answer);
        await publisher.PublishAsync(
            chat.LogTopic,
            new SseItem<Answered>(answered, "answered"),
            new SsePublishOptions { IdempotencyKey = $"answered:{id}" },
            cancellationToken);
        return answered;
    }

    private async Task InterruptAsync(ChatKey chat, string id, CancellationToken cancellationToken)
    {
        try
        {
            await EndAsync(chat, id, "failed", ChatFailed.Interrupted, cancellationToken);
        }
        catch (SseTopicCompletedException)
        {
            // A concurrent request has settled the answer.
        }
    }
}

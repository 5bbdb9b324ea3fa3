using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using SseKit;

namespace Protocols;

/// <summary>
/// Writes answers, each to its own topic. No connection owns them: an answer continues if its client disconnects, and the client resumes it
/// later. An app with users puts the user into the topic's name, so that no user reads another one's chats.
/// </summary>
internal sealed partial class AiSdkAnswers(
    IChatClient chat, ISsePublisher publisher, IHostApplicationLifetime lifetime, ILogger<AiSdkAnswers> logger)
{
    private readonly ConcurrentDictionary<string, string> _topics = [];

    /// <summary>The topic of the answer that is being written; null if there is none.</summary>
    public string? FindTopic(string chatId) => _topics.GetValueOrDefault(chatId);

    /// <summary>Starts an answer, and returns its topic.</summary>
    public string Start(string chatId, IEnumerable<Turn>? turns)
    {
        string topic = $"chat:{chatId}:{Guid.NewGuid():N}";
        _topics[chatId] = topic;
        _ = AnswerAsync(chatId, topic, turns);
        return topic;
    }

    private async Task AnswerAsync(string chatId, string topic, IEnumerable<Turn>? turns)
    {
        try
        {
            await SendAsync(new { type = "start", messageId = $"msg_{Guid.NewGuid():N}" });
            await SendAsync(new { type = "text-start", id = "1" });
            await foreach (string delta in chat.StreamTextAsync(turns, lifetime.ApplicationStopping))
            {
                await SendAsync(new { type = "text-delta", id = "1", delta });
            }

            await SendAsync(new { type = "text-end", id = "1" });
            await SendAsync(new { type = "finish" });
        }
        catch (Exception failure)
        {
            if (!lifetime.ApplicationStopping.IsCancellationRequested)
            {
                Log.Failed(logger, chatId, failure);
            }

            await SendAsync(new { type = "error", errorText = ModelFailedException.PublicMessage(failure) });
        }
        finally
        {
            _topics.TryRemove(KeyValuePair.Create(chatId, topic));
            await publisher.CompleteAsync(topic, CancellationToken.None);
        }

        ValueTask<string> SendAsync<T>(T part) => publisher.PublishAsync(topic, part, CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Failed to answer in chat {ChatId}; the client gets an error part.")]
        public static partial void Failed(ILogger logger, string chatId, Exception failure);
    }
}

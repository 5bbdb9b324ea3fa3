using System.Net.ServerSentEvents;
using SseKit;

namespace Protocols;

/// <summary>
/// Finds the answer of a chat that is being written, or that the end of its server has cut off. A topic of the chat lists its answers, so
/// the list is kept as long as they are.
/// </summary>
internal sealed class AiSdkAnswers(ISsePublisher publisher)
{
    private const string Begun = "begun";
    private const string Ended = "ended";

    /// <summary>Returns the topic of the answer; null if there is none.</summary>
    public async ValueTask<string?> FindTopicAsync(string? chat, CancellationToken cancellationToken)
    {
        string? current = null;
        if (ListOf(chat) is { } list)
        {
            await foreach (SseItem<string> item in publisher.ReadAsync(list, cancellationToken: cancellationToken))
            {
                current = item.EventType == Begun ? item.Data : item.Data == current ? null : current;
            }
        }

        return current;
    }

    public ValueTask<string> BeginAsync(string? chat, string topic, CancellationToken cancellationToken) =>
        publisher.PublishAsync(ListOf(chat)!, topic, eventType: Begun, cancellationToken);

    public ValueTask<string> EndAsync(string? chat, string topic) =>
        publisher.PublishAsync(ListOf(chat)!, topic, eventType: Ended, CancellationToken.None);

    private static string? ListOf(string? chat) => RunTopic.Of("chat-answers", chat);
}

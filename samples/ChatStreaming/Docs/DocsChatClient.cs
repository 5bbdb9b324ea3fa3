using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Docs;

/// <summary>
/// The model that needs no key and no network: it is not one. It looks the question up in SseKit's docs and streams what it finds,
/// piece by piece at a model's pace, so that everything around it is real.
/// </summary>
internal sealed class DocsChatClient(DocsIndex index, TimeProvider time) : IChatClient
{
    public const string Model = "ssekit-docs";
    public const string Label = "demo model (not AI)";

    /// <summary>A brisk model: about 35 tokens a second.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(28);

    private readonly DocsAnswer _answer = new(index);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string question = messages.Last(static message => message.Role == ChatRole.User).Text;
        foreach (string piece in TokenPieces.Of(_answer.To(question)))
        {
            await Task.Delay(Pace, time, cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = Model };
        }

        yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop, ModelId = Model };
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // Nothing is held.
    }
}

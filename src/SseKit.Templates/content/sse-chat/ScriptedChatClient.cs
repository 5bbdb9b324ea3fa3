using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

/// <summary>A model that needs no key: it always writes the same answer, at the pace of a model.</summary>
internal sealed class ScriptedChatClient : IChatClient
{
    private const string Answer =
        "This answer comes from a script, one word at a time. Reload the page in the middle of it, or stop the network: the answer "
        + "continues where it was. Then register the IChatClient of a real model in Program.cs.";

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string word in Answer.Split(' '))
        {
            await Task.Delay(100, cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, word + " ");
        }
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // It holds no resources.
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Protocols;

/// <summary>
/// A model that needs no key and always writes the same answer, at a model's pace. Words in the prompt cause faults: <c>/fail</c> breaks
/// the model, <c>/cut</c> the connection, and <c>/silent</c> is a pause. Any other <see cref="IChatClient"/> can replace it.
/// </summary>
internal sealed class ScriptedChatClient(IConfiguration configuration, IHttpContextAccessor accessor) : IChatClient
{
    public const string Answer =
        "Server-sent events are plain text over plain HTTP. One response stays open, and each event is a few short lines and a blank one: "
        + "naïve, 東京, 🚲 and \"quotes\" included.\nThat is all, and it has worked since 2006.";

    private readonly TimeSpan _pace = configuration.GetValue("Model:Pace", TimeSpan.FromMilliseconds(50));
    private readonly TimeSpan _silence = configuration.GetValue("Model:Silence", TimeSpan.FromSeconds(40));

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string prompt = messages.LastOrDefault(static message => message.Role == ChatRole.User)?.Text ?? "";
        string[] pieces = [.. Pieces()];
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i == pieces.Length / 2)
            {
                await MakeTroubleAsync(prompt, cancellationToken);
            }

            await Task.Delay(_pace, cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, pieces[i]);
        }

        yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // It holds no resources.
    }

    private async Task MakeTroubleAsync(string prompt, CancellationToken cancellationToken)
    {
        if (prompt.Contains("/silent", StringComparison.Ordinal))
        {
            await Task.Delay(_silence, cancellationToken);
        }

        if (prompt.Contains("/cut", StringComparison.Ordinal))
        {
            accessor.HttpContext?.Abort();
        }

        if (prompt.Contains("/fail", StringComparison.Ordinal))
        {
            throw new ModelFailedException("The model is overloaded.");
        }
    }

    // A piece is a word with the space before it, as in a model's tokens.
    private static IEnumerable<string> Pieces()
    {
        int start = 0;
        for (int i = 1; i <= Answer.Length; i++)
        {
            if (i == Answer.Length || Answer[i] is ' ' or '\n')
            {
                yield return Answer[start..i];
                start = i;
            }
        }
    }
}

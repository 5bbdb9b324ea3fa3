using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Protocols;

internal static class ModelText
{
    /// <summary>Returns the pieces of an answer.</summary>
    /// <exception cref="ModelFailedException">The model's stream ended without a finish reason.</exception>
    public static async IAsyncEnumerable<string> StreamTextAsync(
        this IChatClient chat, IEnumerable<Turn>? turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatMessage[] messages = [.. (turns ?? []).Select(static turn => turn.ToChatMessage())];
        bool finished = false;
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(messages, cancellationToken: cancellationToken))
        {
            finished |= update.FinishReason is not null;
            if (update.Text.Length > 0)
            {
                yield return update.Text;
            }
        }

        if (!finished)
        {
            throw new ModelFailedException("The model stopped in the middle of its answer.");
        }
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>Stops after some pieces of an answer, until it may go on.</summary>
internal sealed class HeldChatClient(IChatClient inner, Task mayGoOn) : DelegatingChatClient(inner)
{
    private const int PiecesBefore = 15;

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int pieces = 0;
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            if (pieces++ == PiecesBefore)
            {
                await mayGoOn.WaitAsync(cancellationToken);
            }

            yield return update;
        }
    }
}

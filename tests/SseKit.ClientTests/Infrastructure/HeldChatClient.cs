using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>Stops after some pieces of an answer until a task completes.</summary>
internal sealed class HeldChatClient(IChatClient inner, Task mayContinue) : DelegatingChatClient(inner)
{
    private const int PiecesBefore = 15;

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int pieces = 0;
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            if (pieces++ == PiecesBefore)
            {
                await mayContinue.WaitAsync(cancellationToken);
            }

            yield return update;
        }
    }
}

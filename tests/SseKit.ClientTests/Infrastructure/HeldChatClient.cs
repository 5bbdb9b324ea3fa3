using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>Stops after some pieces of an answer until a task completes.</summary>
internal sealed class HeldChatClient(IChatClient inner, Task mayContinue) : DelegatingChatClient(inner)
{
    /// <summary>The text before it stops.</summary>
    public const string FirstText = "Server-sent events are plain text over plain HTTP. One response stays open, and each event";

    private const int PiecesBefore = 15;

    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>The number of answers.</summary>
    public int Calls => _calls;

    /// <summary>Completes when an answer has ended because its token fired.</summary>
    public Task Cancelled => _cancelled.Task.OrTimeout();

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        int pieces = 0;
        try
        {
            await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                if (pieces++ == PiecesBefore)
                {
                    await mayContinue.WaitAsync(cancellationToken);
                }

                yield return update;
            }
        }
        finally
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _cancelled.TrySetResult();
            }
        }
    }
}

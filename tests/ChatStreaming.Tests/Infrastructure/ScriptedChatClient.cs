using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests.Infrastructure;

/// <summary>A model that writes the test's texts when the test adds them.</summary>
internal sealed class ScriptedChatClient : IChatClient
{
    private readonly Channel<ChatResponseUpdate> _script = Channel.CreateUnbounded<ChatResponseUpdate>();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<IReadOnlyList<ChatMessage>> _conversations = Channel.CreateUnbounded<IReadOnlyList<ChatMessage>>();
    private int _calls;

    /// <summary>The number of calls.</summary>
    public int Calls => _calls;

    /// <summary>Completes when an answer was cancelled.</summary>
    public Task Stopped => _stopped.Task.OrTimeout();

    /// <summary>The next conversation that is to be answered.</summary>
    public Task<IReadOnlyList<ChatMessage>> AskedAsync() => _conversations.Reader.ReadAsync().OrTimeout();

    public void Write(string text) => Add(new ChatResponseUpdate(ChatRole.Assistant, text));

    public void Finish() => Add(new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop });

    /// <summary>Ends the answer with this error.</summary>
    public void Fail(Exception error) => Add(new ChatResponseUpdate { RawRepresentation = error });

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // The registration is not disposed: the read below ends first on cancellation, and would remove it before it is called.
        cancellationToken.UnsafeRegister(_ => _stopped.TrySetResult(), null);
        Interlocked.Increment(ref _calls);
        _conversations.Writer.TryWrite([.. messages]);
        ChatResponseUpdate update;
        do
        {
            update = await _script.Reader.ReadAsync(cancellationToken);
            if (update.RawRepresentation is Exception error)
            {
                throw error;
            }

            yield return update;
        }
        while (update.FinishReason is null);
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // It holds no resources.
    }

    private void Add(ChatResponseUpdate update) => Assert.True(_script.Writer.TryWrite(update));
}

using System.Runtime.CompilerServices;
using ChatStreaming.Llm;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Docs;

/// <summary>
/// The model that needs no key and no network: it is not one. It looks the question up in SseKit's docs and streams what it finds,
/// piece by piece at a model's pace, so that everything around it is real. Directives make it misbehave.
/// </summary>
internal sealed class DocsChatClient(DocsIndex index, TimeProvider time, TimeSpan? pace = null) : IChatClient
{
    public const string Model = "ssekit-docs";
    public const string Label = "demo model (not AI)";

    /// <summary>A brisk model.</summary>
    public const double TokensPerSecond = 35;

    /// <summary>The pause before each piece, where no other is asked for.</summary>
    public static readonly TimeSpan Pace = PaceOf(TokensPerSecond);

    private readonly DocsAnswer _answer = new(index);
    private readonly TimeSpan _pace = pace ?? Pace;

    public static TimeSpan PaceOf(double tokensPerSecond) => TimeSpan.FromMilliseconds(Math.Round(1_000 / Math.Clamp(tokensPerSecond, 0.1, 1_000)));

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        string question = conversation.Last(static message => message.Role == ChatRole.User).Text;
        Directive? directive = Directive.In(question);
        int said = 0;
        await foreach (ChatResponseUpdate piece in SayAsync(directive?.Text ?? _answer.To(question), cancellationToken))
        {
            said++;
            yield return piece;
        }

        if (directive is { Afterwards.Length: > 0 })
        {
            await Task.Delay(directive.Silence, time, cancellationToken);
            await foreach (ChatResponseUpdate piece in SayAsync(directive.Afterwards, cancellationToken))
            {
                said++;
                yield return piece;
            }
        }

        if (directive is { End: not DirectiveEnd.Good })
        {
            throw directive.End == DirectiveEnd.Cut ? new ModelCutOffException() : new InvalidOperationException("The demo model was asked to fail.");
        }

        int asked = conversation.Sum(static message => TokenPieces.Of(message.Text).Count());
        yield return new ChatResponseUpdate
        {
            FinishReason = ChatFinishReason.Stop,
            ModelId = Model,
            Contents = [new UsageContent(new UsageDetails { InputTokenCount = asked, OutputTokenCount = said, TotalTokenCount = asked + said })],
        };
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

    private async IAsyncEnumerable<ChatResponseUpdate> SayAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string piece in TokenPieces.Of(text))
        {
            await Task.Delay(_pace, time, cancellationToken);
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece) { ModelId = Model };
        }
    }
}

using System.Runtime.CompilerServices;
using ChatStreaming.Llm;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Docs;

/// <summary>
/// A demo model that needs no key and no network. It is not an AI: it searches SseKit's docs for the question and streams the passages at a
/// model's pace. Directives cause faults.
/// </summary>
internal sealed class DocsChatClient(DocsIndex index, TimeProvider time, TimeSpan? pace = null) : IChatClient
{
    public const string Model = "ssekit-docs";
    public const string Label = "demo, not AI";

    /// <summary>The pace of a fast model.</summary>
    public const double TokensPerSecond = 35;

    /// <summary>The pause before each piece if the configuration has no other.</summary>
    public static readonly TimeSpan Pace = PaceOf(TokensPerSecond);

    private readonly DocsAnswer _answer = new(index);
    private readonly TimeSpan _pace = pace ?? Pace;

    public static TimeSpan PaceOf(double tokensPerSecond) =>
        TimeSpan.FromMilliseconds(Math.Round(1_000 / Math.Clamp(tokensPerSecond, 0.1, 1_000)));

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
            throw directive.End == DirectiveEnd.Cut
                ? new ModelCutOffException()
                : new InvalidOperationException("The directive /fail makes the demo model fail.");
        }

        int asked = conversation.Sum(static message => TokenPieces.Of(message.Text).Count());
        var usage = new UsageDetails { InputTokenCount = asked, OutputTokenCount = said, TotalTokenCount = asked + said };
        yield return new ChatResponseUpdate
        {
            FinishReason = ChatFinishReason.Stop,
            ModelId = Model,
            Contents = [new UsageContent(usage)],
        };
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // It holds no resources.
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

using Microsoft.Extensions.AI;

namespace ChatStreaming.Chats;

// The events of an answer: start, any number of delta, then one of done, stopped and failed. None is named "error": browsers raise
// connection errors under that name.

/// <summary>The model that answers.</summary>
internal sealed record ChatStart(string Model, string Label);

/// <summary>
/// The next piece of text, numbered from 1, so that a page can count what it has received. It is a separate type, because a whole
/// ChatResponseUpdate costs 290 bytes for a token of three letters.
/// </summary>
internal sealed record ChatDelta(int Number, string Text);

/// <summary>The answer is complete, after so many pieces.</summary>
internal sealed record ChatDone(int Events, string FinishReason, ChatUsage? Usage);

/// <summary>The tokens used, if the model counts them.</summary>
internal sealed record ChatUsage(long? InputTokens, long? OutputTokens)
{
    public static ChatUsage? From(UsageDetails? usage) =>
        usage is null ? null : new ChatUsage(usage.InputTokenCount, usage.OutputTokenCount);
}

/// <summary>The answer was stopped, after so many pieces; the text until then is the answer.</summary>
internal sealed record ChatStopped(int Events);

/// <summary>The answer will never be complete; the text before this event is all there is.</summary>
internal sealed record ChatFailed(string Code, string Message, bool Retryable)
{
    public const string InterruptedCode = "interrupted";

    public static readonly ChatFailed Interrupted = new(
        InterruptedCode,
        "The server was restarted in the middle of this answer. The text until then is kept; the rest was not written.",
        Retryable: true);
}

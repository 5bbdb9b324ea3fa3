using Microsoft.Extensions.AI;

namespace ChatStreaming.Chats;

// The events of an answer: start, any number of delta, then one of done, stopped and failed.
// None is named "error": in a browser that name reaches the listeners of connection errors.

/// <summary>Who answers.</summary>
internal sealed record ChatStart(string Model, string Label);

/// <summary>The next piece of text. A type of its own, because a whole ChatResponseUpdate costs 290 bytes for a token of three letters.</summary>
internal sealed record ChatDelta(string Text);

/// <summary>The answer is complete.</summary>
internal sealed record ChatDone(string FinishReason, ChatUsage? Usage);

/// <summary>Tokens spent, where the model counts them.</summary>
internal sealed record ChatUsage(long? InputTokens, long? OutputTokens)
{
    public static ChatUsage? From(UsageDetails? usage) =>
        usage is null ? null : new ChatUsage(usage.InputTokenCount, usage.OutputTokenCount);
}

/// <summary>Somebody pressed Stop; what was said until then is the answer.</summary>
internal sealed record ChatStopped;

/// <summary>The answer will not be completed; what arrived before is all there is.</summary>
internal sealed record ChatFailed(string Code, string Message, bool Retryable)
{
    public const string InterruptedCode = "interrupted";

    public static readonly ChatFailed Interrupted =
        new(InterruptedCode, "The server was restarted in the middle of this answer. What had arrived is kept; the rest was never written.", Retryable: true);
}

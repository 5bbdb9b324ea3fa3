using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace ChatStreaming;

// The four events of an answer: start, any number of delta, then done or failed. A stream that ends without one of the last two was cut.
// None is named "error": in a browser that name reaches the listeners of connection errors.

/// <summary>Who answers.</summary>
internal sealed record ChatStart(string Model, string Label);

/// <summary>The next piece of text. A type of its own, because a whole ChatResponseUpdate costs 290 bytes for a token of three letters.</summary>
internal sealed record ChatDelta(string Text);

/// <summary>The answer is complete.</summary>
internal sealed record ChatDone(
    string FinishReason, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ChatUsage? Usage);

/// <summary>Tokens spent, where the model counts them.</summary>
internal sealed record ChatUsage(long? InputTokens, long? OutputTokens)
{
    public static ChatUsage? From(UsageDetails? usage) =>
        usage is null ? null : new ChatUsage(usage.InputTokenCount, usage.OutputTokenCount);
}

/// <summary>The answer will not be completed; what arrived before is all there is.</summary>
internal sealed record ChatFailed(string Message, bool Retryable);

namespace SseKit;

/// <summary>What an append came to.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="IsNew">Whether this append has put the event there. False where its idempotency key was known: the event is then the first one's, whose payload may be another.</param>
public readonly record struct SseAppendResult(SsePosition Position, bool IsNew);

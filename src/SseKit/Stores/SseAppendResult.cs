namespace SseKit;

/// <summary>The result of an append.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="IsNew">
/// Whether this append added the event. False if its idempotency key was known: the event is then the first one's, whose payload may be
/// another.
/// </param>
public readonly record struct SseAppendResult(SsePosition Position, bool IsNew);

namespace SseKit.PostgreSql;

/// <summary>The result of an append, and the event's position if it has one.</summary>
internal readonly record struct AppendOutcome(AppendStatus Status, SsePosition Position);

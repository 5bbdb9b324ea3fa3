namespace SseKit.PostgreSql;

/// <summary>What became of an event, and its place where it has one.</summary>
internal readonly record struct AppendOutcome(AppendStatus Status, SsePosition Position);

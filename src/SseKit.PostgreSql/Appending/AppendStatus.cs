namespace SseKit.PostgreSql;

/// <summary>The result of an append, numbered as the database function numbers it.</summary>
internal enum AppendStatus
{
    Appended = 0,
    TopicCompleted = 1,
    TopicLocked = 2,
    Found = 3,
    EpochStale = 4,
}

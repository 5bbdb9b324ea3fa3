namespace SseKit.PostgreSql;

/// <summary>What the statement made of an event. The numbers are those of the database's function.</summary>
internal enum AppendStatus
{
    Appended = 0,
    TopicCompleted = 1,
    TopicLocked = 2,
    Found = 3,
    EpochStale = 4,
}

namespace SseKit.Redis;

/// <summary>The result of an append, numbered as the script numbers it.</summary>
internal enum AppendStatus
{
    Appended = 0,
    TopicCompleted = 1,
    Found = 3,
    EpochStale = 4,
}

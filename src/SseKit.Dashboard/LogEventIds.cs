namespace SseKit.Dashboard;

/// <summary>Defines the ids of log messages; each number is used once.</summary>
internal static class LogEventIds
{
    public const int SnapshotFailed = 1;
    public const int TopicsUnread = 2;
    public const int DisconnectRequested = 3;
    public const int DisconnectFailed = 4;
}

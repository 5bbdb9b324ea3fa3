namespace SseKit.PostgreSql;

/// <summary>The ids of log messages. Each number is used once; those below 100 belong to SseKit.</summary>
internal static class LogEventIds
{
    public const int NotificationFailed = 101;
    public const int ListeningFailed = 102;
    public const int ListeningResumed = 103;
    public const int UpkeepFailed = 104;
    public const int UpkeepDone = 105;
    public const int SubscriberFailed = 106;
    public const int NotificationsDoNotArrive = 107;
}

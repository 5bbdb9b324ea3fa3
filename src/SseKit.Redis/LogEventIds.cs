namespace SseKit.Redis;

/// <summary>The ids of log messages. Each number is used once; those below 100 belong to SseKit.</summary>
internal static class LogEventIds
{
    public const int ListeningFailed = 301;
    public const int ListeningResumed = 302;
    public const int SubscriberFailed = 303;
    public const int NotificationsDoNotArrive = 304;
    public const int UpkeepFailed = 305;
    public const int UpkeepDone = 306;
    public const int ServerEvicts = 307;
    public const int ServerTooOld = 308;
    public const int ServerHasNoHistory = 309;
}

namespace SseKit.Sqlite;

/// <summary>The ids of log messages. Each number is used once; those below 100 belong to SseKit.</summary>
internal static class SqliteLogEvents
{
    public const int WriteFailed = 201;
    public const int WriteRecovered = 202;
    public const int UpkeepFailed = 203;
    public const int UpkeepDone = 204;
    public const int SubscriberFailed = 205;
    public const int PollFailed = 206;
}

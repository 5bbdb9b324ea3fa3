namespace SseKit.Connections;

/// <summary>Defines the ids of log messages; each number is used once.</summary>
internal static class LogEventIds
{
    public const int ConnectionStarted = 1;
    public const int ConnectionEnded = 2;
    public const int ConnectionRefused = 3;
    public const int WriteTimedOut = 4;
    public const int HandlerAbandoned = 5;
    public const int AbandonedHandlerFailed = 6;
    public const int ScheduledCallFailed = 7;
    public const int Stopping = 8;
    public const int ReplayGap = 9;
    public const int StoreFailed = 10;
    public const int RunFailed = 11;
    public const int HandlerFailed = 14;
    public const int RunInterrupted = 20;
    public const int WatchFailed = 21;
    public const int LeaseLost = 22;
    public const int FailureEventFailed = 23;
    public const int FailureReported = 24;
    public const int RunMarkFailed = 25;
    public const int LeaseRenewalFailed = 26;
    public const int HandlerThrewAfterEnd = 27;
    public const int CallbackFailed = 28;
    public const int StoreAnswersAgain = 29;
    public const int WriteFailed = 30;
    public const int ListenerFailed = 31;
    public const int ResponseIsBuffered = 32;
    public const int RunCallbackFailed = 33;
    public const int HandlerFailedAfterEnd = 34;
    public const int RunDisposalFailed = 35;
    public const int RunFailedUnseen = 36;
    public const int TopicRefused = 40;
    public const int RunRefused = 41;
    public const int RunLost = 42;
    public const int RunStopped = 43;
    public const int Disconnected = 44;
    public const int DisconnectionsMissed = 45;
    public const int RevalidationFailed = 49;
    public const int StartRefused = 50;
}

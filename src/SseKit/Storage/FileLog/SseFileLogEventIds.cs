namespace SseKit.Storage.FileLog;

/// <summary>The ids of the file log's messages. They begin behind those of connections; a number is never used twice.</summary>
internal static class SseFileLogEventIds
{
    public const int Opened = 101;
    public const int TailCut = 102;
    public const int Damaged = 103;
    public const int EpochsRenewed = 104;
    public const int WriteFailed = 105;
    public const int WriteRecovered = 106;
    public const int TidyingFailed = 107;
    public const int ReadDamaged = 108;
    public const int FileDamaged = 109;
    public const int MachineStopped = 110;
}

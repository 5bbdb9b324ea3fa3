namespace SseKit.Storage.FileLog;

internal enum SseLogRequestKind
{
    Append,
    Complete,
    Delete,

    /// <summary>Flush what was written.</summary>
    Flush,

    /// <summary>Let go of what is too old.</summary>
    Tidy,

    Close,
}

namespace SseKit.Storage.FileLog;

internal enum SseLogFrameKind : byte
{
    /// <summary>An event of a topic.</summary>
    Event = 1,

    /// <summary>A topic as it is: it begins, or stands in the checkpoint before.</summary>
    Topic = 2,

    Completed = 3,

    Deleted = 4,

    /// <summary>What must be known besides topics, and how many of those follow. Every segment opens with it.</summary>
    Checkpoint = 5,

    /// <summary>The log was closed in peace: everything before was acknowledged and is on the disk, so whatever is not whole there is damage.</summary>
    Closed = 6,
}

namespace SseKit;

/// <summary>When the SQLite store flushes the disk, and so what a power failure or a crash of the machine can lose.</summary>
public enum SseSqliteSynchronous
{
    /// <summary>
    /// A publish returns when the disk has its event; publishes that come together share one flush. Neither a killed process nor a power
    /// failure loses a published event.
    /// </summary>
    Full,

    /// <summary>
    /// The disk is flushed at checkpoints only, about every 4 MB. A killed process loses nothing. A power failure or a crash of the machine
    /// can lose the events since the last checkpoint; the file stays consistent. All topics then get another epoch, and clients that
    /// reconnect get a gap event.
    /// </summary>
    Normal,
}

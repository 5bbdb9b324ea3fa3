namespace SseKit;

/// <summary>When the file log makes the disk keep what was published.</summary>
public enum SseFileSync
{
    /// <summary>
    /// A publish returns when the disk has its event; publishers that come together share one flush. Neither a killed process nor a power failure
    /// loses what was published.
    /// </summary>
    EveryAppend,

    /// <summary>
    /// The disk is flushed every <see cref="SseFileStoreOptions.SyncInterval"/>. A killed process loses nothing; a power failure or a crash of the
    /// machine loses what was published since the last flush. All topics then have another epoch, and clients that come back are told of a gap.
    /// </summary>
    Interval,

    /// <summary>
    /// The operating system writes to the disk when it likes, within half a minute as a rule. A killed process loses nothing; a power failure or a
    /// crash of the machine loses what was not written yet, with another epoch for all topics as with <see cref="Interval"/>.
    /// </summary>
    None,
}

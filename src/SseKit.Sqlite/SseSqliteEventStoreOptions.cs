namespace SseKit;

/// <summary>How the SQLite store keeps events. The oldest events are deleted at the bound that is met first.</summary>
public sealed class SseSqliteEventStoreOptions
{
    /// <summary>When the disk is flushed, and so what a power failure can lose.</summary>
    /// <value>The default is <see cref="SseSqliteSynchronous.Full"/>: nothing.</value>
    public SseSqliteSynchronous Synchronous { get; set; } = SseSqliteSynchronous.Full;

    /// <summary>
    /// Whether the store creates its tables in a file that already has other tables, so that the app's transactions can publish
    /// (<see cref="SsePublishOptions.Transaction"/>). Not needed after the tables exist.
    /// </summary>
    /// <remarks>
    /// The names of the store's tables begin with <c>ssekit_</c>. The store sets the file's journal mode to <c>wal</c>. It does not change
    /// <c>auto_vacuum</c>, which SQLite allows in an empty file only. So the file does not shrink unless the app has set this mode: new
    /// rows use the free space.
    /// </remarks>
    /// <value>The default is false: a database with other tables is refused.</value>
    public bool SharesDatabase { get; set; }

    /// <summary>The most events held for one topic.</summary>
    /// <value>1 to 9223372036854775807. The default is 100000.</value>
    public long MaxEventsPerTopic { get; set; } = 100_000;

    /// <summary>The most payload bytes held for one topic. The newest event is held whatever its size.</summary>
    /// <value>1 to 9223372036854775807. The default is 67108864 (64 MiB).</value>
    public long MaxBytesPerTopic { get; set; } = 64 * 1024 * 1024;

    /// <summary>The most events held in all. The oldest of all topics are deleted.</summary>
    /// <value>1 to 9223372036854775807. The default is 5000000.</value>
    public long MaxEvents { get; set; } = 5_000_000;

    /// <summary>
    /// The most payload bytes held in all. The oldest of all topics are deleted; the newest event is held whatever its size. The file is
    /// larger by about 60 bytes for each event.
    /// </summary>
    /// <value>1 to 9223372036854775807. The default is 1073741824 (1 GiB).</value>
    public long MaxBytes { get; set; } = 1024 * 1024 * 1024;

    /// <summary>How long an event is held. Its space in the file is freed within <see cref="UpkeepInterval"/>.</summary>
    /// <value>1 second to 3650 days, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 7 days.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The most topics that are held. Beyond the bound, topics are deleted within <see cref="UpkeepInterval"/>: those without events first,
    /// then those with events, and last those that are completed; each the longest unused first. Such a topic begins a new log, and clients
    /// that reconnect to it get a gap event.
    /// </summary>
    /// <value>1 to 2147483647. The default is 100000.</value>
    public int MaxTopics { get; set; } = 100_000;

    /// <summary>How often old events are deleted and free space is returned to the file system.</summary>
    /// <value>100 milliseconds to 1 day. The default is 15 seconds.</value>
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the store looks for events of another process that uses the same file.</summary>
    /// <value>10 milliseconds to 1 hour. The default is 100 milliseconds.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(100);
}

namespace SseKit;

/// <summary>When the file log flushes, and how much it holds. Whatever bound is met first, the oldest events go.</summary>
public sealed class SseFileStoreOptions
{
    /// <summary>What a publish waits for, and so what a crash can lose.</summary>
    /// <value>The default is <see cref="SseFileSync.EveryAppend"/>.</value>
    public SseFileSync Sync { get; set; } = SseFileSync.EveryAppend;

    /// <summary>How often the disk is flushed where <see cref="Sync"/> is <see cref="SseFileSync.Interval"/>.</summary>
    /// <value>1 millisecond to 1 hour. The default is 1 second.</value>
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How large a file of the log grows before the next one begins. Smaller where an eighth of <see cref="MaxBytes"/> is less.</summary>
    /// <value>65536 (64 KiB) to 1073741824 (1 GiB). The default is 33554432 (32 MiB).</value>
    public int SegmentSize { get; set; } = 32 * 1024 * 1024;

    /// <summary>The most events held for one topic.</summary>
    /// <value>1 to 2147483647. The default is 100000.</value>
    public int MaxEventsPerTopic { get; set; } = 100_000;

    /// <summary>
    /// The most bytes held for one topic: payloads, idempotency keys, and 34 bytes for each event. The newest event is held whatever its size.
    /// </summary>
    /// <value>1 to 9223372036854775807. The default is 67108864 (64 MiB).</value>
    public long MaxBytesPerTopic { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The most events held in all, which bounds memory: each takes 16 bytes of it, and about 130 more with an idempotency key. The oldest go, a
    /// file of the log at a time.
    /// </summary>
    /// <value>1 to 9223372036854775807. The default is 5000000.</value>
    public long MaxEvents { get; set; } = 5_000_000;

    /// <summary>
    /// The most bytes that the files of the log take together. The oldest events go, a file at a time. While a file is compacted, its copy comes on
    /// top, and the newest file is held whatever its size.
    /// </summary>
    /// <value>1 to 9223372036854775807. The default is 1073741824 (1 GiB).</value>
    public long MaxBytes { get; set; } = 1024 * 1024 * 1024;

    /// <summary>How long an event is held, counted in whole seconds. Its bytes leave the disk some time later.</summary>
    /// <value>1 second to 3650 days, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 7 days.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The most topics that are remembered. Those whose events are all gone are forgotten first, the longest unused before the others; a topic that
    /// was forgotten begins anew, and clients that come back to it are told of a gap.
    /// </summary>
    /// <value>1 to 2147483647. The default is 100000.</value>
    public int MaxTopics { get; set; } = 100_000;
}

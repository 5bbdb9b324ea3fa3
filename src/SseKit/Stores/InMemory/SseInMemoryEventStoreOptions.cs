namespace SseKit;

/// <summary>Options of the in-memory store: how much it holds. The bound that is reached first deletes the oldest events.</summary>
/// <remarks>
/// The defaults are bounds of bytes first: a topic keeps one long LLM answer, and all topics together cannot fill the memory. 100,000
/// events of 40 bytes take 16 MiB of <see cref="MaxBytes"/>, because each event counts 128 bytes there besides its payload.
/// </remarks>
public sealed class SseInMemoryEventStoreOptions
{
    /// <summary>The most events held for one topic.</summary>
    /// <value>1 to 2147483647. The default is 100000.</value>
    public int MaxEventsPerTopic { get; set; } = 100_000;

    /// <summary>The most payload bytes held for one topic. The newest event is held whatever its size.</summary>
    /// <value>1 to 9223372036854775807. The default is 16777216 (16 MiB).</value>
    public long MaxBytesPerTopic { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// The most memory that the events of all topics take together: payloads, idempotency keys, and 128 bytes for each event. The newest
    /// event is held whatever its size.
    /// </summary>
    /// <value>1 to 9223372036854775807. The default is 268435456 (256 MiB).</value>
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How long an event is held.</summary>
    /// <value>1 second to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 1 hour.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The most topics that are held. A topic is held from its first event or its completion on; reading or following an unused topic does
    /// not count. A new topic beyond the bound evicts the longest unused one: first of those without events, then of those with events,
    /// then of completed ones, and last of followed ones. An evicted topic begins a new log, and the gap is reported to its followers and
    /// to clients that reconnect.
    /// </summary>
    /// <value>1 to 2147483647. The default is 100000.</value>
    public int MaxTopics { get; set; } = 100_000;
}

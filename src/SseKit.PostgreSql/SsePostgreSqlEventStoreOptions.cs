namespace SseKit;

/// <summary>Configures how the PostgreSQL store keeps events.</summary>
/// <remarks>If a topic exceeds any bound, its oldest events are deleted in the background within <see cref="UpkeepInterval"/>.</remarks>
public sealed class SsePostgreSqlEventStoreOptions
{
    /// <summary>The schema that holds the tables. Apps with different schemas can share a database without sharing topics.</summary>
    /// <value>1 to 50 bytes in UTF-8, without NUL, not beginning with <c>pg_</c>. The default is <c>ssekit</c>.</value>
    public string Schema { get; set; } = "ssekit";

    /// <summary>
    /// Whether the store creates its schema at first use if it is missing. Safe when many servers start at once. If false, run the script
    /// of <see cref="SsePostgreSqlSchema.CreateScript"/>; the store then needs no right to create objects.
    /// </summary>
    /// <value>The default is true.</value>
    public bool CreateSchema { get; set; } = true;

    /// <summary>The most events held for one topic.</summary>
    /// <value>1 to 9223372036854775807. The default is 100000.</value>
    public long MaxEventsPerTopic { get; set; } = 100_000;

    /// <summary>The most payload bytes held for one topic. The newest event is held whatever its size.</summary>
    /// <value>1 to 9223372036854775807. The default is 268435456 (256 MiB).</value>
    public long MaxBytesPerTopic { get; set; } = 256 * 1024 * 1024;

    /// <summary>How long an event is held.</summary>
    /// <value>1 second to 10 years, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 7 days.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How long the sequence and completion of an unused topic without events are kept. Afterwards the topic resets, and a gap is reported
    /// to clients that reconnect to it.
    /// </summary>
    /// <value>1 second to 10 years, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 30 days.</value>
    public TimeSpan ForgetTopicsAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The interval at which old events are deleted. One server at a time does it for all.</summary>
    /// <value>100 milliseconds to 1 day. The default is 15 seconds.</value>
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The interval at which a server polls for changes without a notification. A notification is missing if another server stopped between
    /// its commit and its notification, or if the listening connection was broken.
    /// </summary>
    /// <value>10 milliseconds to 1 hour. The default is 5 seconds.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);
}

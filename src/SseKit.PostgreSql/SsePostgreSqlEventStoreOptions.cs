namespace SseKit;

/// <summary>How the PostgreSQL store keeps events. Whatever bound is met first, a topic's oldest events go, in the background, within <see cref="UpkeepInterval"/>.</summary>
public sealed class SsePostgreSqlEventStoreOptions
{
    /// <summary>The schema that holds the tables. Apps with different schemas share a database and nothing else.</summary>
    /// <value>1 to 50 bytes in UTF-8, without NUL, not beginning with <c>pg_</c>. The default is <c>ssekit</c>.</value>
    public string Schema { get; set; } = "ssekit";

    /// <summary>
    /// Whether the store creates its schema at first use where it is missing. Safe when many servers start at once. Without it, run
    /// <see cref="SsePostgreSqlSchema.CreateScript"/> yourself; the store then needs no right to create anything.
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
    /// How long a topic is remembered that holds no events and was not used: its numbers, its completion. Afterwards it begins anew, and clients that come back to it are
    /// told of a gap.
    /// </summary>
    /// <value>1 second to 10 years, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 30 days.</value>
    public TimeSpan ForgetTopicsAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often old events are dropped. One server at a time does it, for all.</summary>
    /// <value>100 milliseconds to 1 day. The default is 15 seconds.</value>
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often a server looks for what it was not notified of: when another server died between its commit and its notification, or while the listening connection was broken.
    /// </summary>
    /// <value>10 milliseconds to 1 hour. The default is 5 seconds.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);
}

namespace SseKit;

/// <summary>Configures how the Redis store keeps events. The oldest events are deleted at the bound that is met first.</summary>
public sealed class SseRedisEventStoreOptions
{
    /// <summary>
    /// The beginning of all keys and of the channel. Apps with different prefixes can share a Redis without sharing topics. A user of the
    /// access control list needs the keys <c>ssekit:*</c> and the channels <c>ssekit:*</c>.
    /// </summary>
    /// <value>1 to 100 printable ASCII characters other than spaces and braces. The default is <c>ssekit:</c>.</value>
    public string KeyPrefix { get; set; } = "ssekit:";

    /// <summary>The most events held for one topic.</summary>
    /// <value>1 to 9223372036854775807. The default is 100000.</value>
    public long MaxEventsPerTopic { get; set; } = 100_000;

    /// <summary>The most payload bytes held for one topic. The newest event is held whatever its size.</summary>
    /// <value>1 to 9223372036854775807. The default is 67108864 (64 MiB).</value>
    public long MaxBytesPerTopic { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long an event is held. Its memory is freed within <see cref="UpkeepInterval"/>.</summary>
    /// <value>1 second to 10 years, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 1 day.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long the sequence and completion of an unused topic without events are kept. Afterwards the topic resets, and a gap is reported
    /// to clients that reconnect to it.
    /// </summary>
    /// <value>1 second to 10 years, or <see cref="Timeout.InfiniteTimeSpan"/>. The default is 30 days.</value>
    public TimeSpan ForgetTopicsAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The interval at which old events and unused topics are deleted. One server at a time does it for all.</summary>
    /// <value>100 milliseconds to 1 day. The default is 15 seconds.</value>
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The interval at which a server polls for changes without a notification. A notification is missing if its user may not publish to
    /// the channel, or if a cluster lost it between its nodes.
    /// </summary>
    /// <value>10 milliseconds to 1 hour. The default is 5 seconds.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);
}

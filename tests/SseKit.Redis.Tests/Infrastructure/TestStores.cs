using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>Opens stores with the same prefix, as several servers of an app would.</summary>
internal sealed class TestStores(RedisServer server)
{
    public string Prefix { get; } = TestPrefix.Next();

    public RedisEventStore Open(
        Action<SseRedisEventStoreOptions>? configure = null, string configuration = "", ILogger? logger = null)
    {
        var options = new SseRedisEventStoreOptions
        {
            KeyPrefix = Prefix,

            // Polling is disabled in effect: the tests receive changes by notification, unless they test polling.
            PollInterval = TimeSpan.FromHours(1),
            UpkeepInterval = TimeSpan.FromHours(1),
        };
        configure?.Invoke(options);
        return new RedisEventStore(
            RedisConnection.Own(ConfigurationOptions.Parse(server.Configuration + configuration), TimeProvider.System),
            options,
            TimeProvider.System,
            logger ?? NullLogger.Instance);
    }

    /// <summary>Deletes the events of all topics as age would.</summary>
    public async Task ExpireAsync(RedisEventStore reader, string topic, long throughSequence, CancellationToken cancellationToken)
    {
        await using RedisEventStore store = Open(options => options.MaxAge = TimeSpan.FromMilliseconds(1));
        do
        {
            await store.Upkeep.SweepAsync(cancellationToken);
        }
        while ((await reader.GetStatesAsync([topic], cancellationToken))[0].EarliestSequence <= throughSequence);
    }
}

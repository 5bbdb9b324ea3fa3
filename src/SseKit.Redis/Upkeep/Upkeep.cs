using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Deletes old events and unused topics, in the background, in short scripts: 1. claim the interval, which one server gets; 2. find topics
/// that need it, bucket by bucket; 3. trim or forget each.
/// </summary>
internal sealed partial class Upkeep(
    RedisConnection connection,
    ScriptRunner scripts,
    KeySpace keys,
    TopicArguments arguments,
    SseRedisEventStoreOptions options,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private const int TopicsPerPage = 100;

    public void Start() => BackgroundWork.Start(RunAsync);

    /// <summary>Deletes all old events and unused topics now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        long deleted = 0;
        for (int bucket = 0; bucket < KeySpace.Buckets; bucket++)
        {
            deleted += await SweepAsync(bucket, cancellationToken);
        }

        if (deleted > 0)
        {
            Log.Done(logger, deleted);
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.UpkeepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await TrySweepAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task TrySweepAsync()
    {
        try
        {
            if (await ClaimAsync())
            {
                await SweepAsync(stopping);
            }
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            Log.Failed(logger, exception);
        }
    }

    // The claim expires by itself. If a server stops, another one claims the next interval.
    private async Task<bool> ClaimAsync()
    {
        IConnectionMultiplexer multiplexer = await connection.GetAsync(stopping);
        return await multiplexer.GetDatabase().StringSetAsync(keys.Upkeep, 1, options.UpkeepInterval * 0.9, When.NotExists);
    }

    private async Task<long> SweepAsync(int bucket, CancellationToken cancellationToken)
    {
        long deleted = 0;
        while (true)
        {
            (string[] old, string[] unused) = await FindAsync(bucket, cancellationToken);
            long trimmed = await SumAsync(old, topic => RunAsync(Script.Trim, topic, arguments.Of(topic, 0), cancellationToken));
            long forgotten = await SumAsync(unused, topic => RunAsync(
                Script.Forget,
                topic,
                arguments.With(topic, TopicArguments.Milliseconds(options.ForgetTopicsAfter)),
                cancellationToken));
            deleted += trimmed;

            // Other servers may have changed the topics that were found; the next interval finds them again.
            if (trimmed + forgotten == 0)
            {
                return deleted;
            }
        }
    }

    private async Task<(string[] Old, string[] Unused)> FindAsync(int bucket, CancellationToken cancellationToken)
    {
        var found = (RedisResult[])(await scripts.RunAsync(
            Script.Due,
            keys.OfBucket(bucket),
            [
                arguments.NextSeed(),
                TopicArguments.Milliseconds(options.MaxAge),
                TopicArguments.Milliseconds(options.ForgetTopicsAfter),
                TopicsPerPage,
            ],
            cancellationToken))!;
        return (NamesOf(found[0]), NamesOf(found[1]));

        static string[] NamesOf(RedisResult names) => [.. ((byte[][])names!).Select(name => TopicKey.Decode(name))];
    }

    private async Task<long> RunAsync(Script script, string topic, RedisValue[] values, CancellationToken cancellationToken) =>
        (long)await scripts.RunAsync(script, arguments.KeysOf(topic), values, cancellationToken);

    private static async Task<long> SumAsync(string[] topics, Func<string, Task<long>> change) =>
        (await Task.WhenAll(topics.Select(change))).Sum();

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.UpkeepDone, LogLevel.Information, "Deleted {Events} events beyond the store's bounds.")]
        public static partial void Done(ILogger logger, long events);

        [LoggerMessage(
            LogEventIds.UpkeepFailed,
            LogLevel.Warning,
            "Failed to delete events beyond the bounds of the Redis event store; trying again in the next interval.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

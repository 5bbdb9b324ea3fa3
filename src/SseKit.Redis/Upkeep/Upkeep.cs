using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;
using SseKit.Stores;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Deletes old events and unused topics, in the background, in short scripts: 1. claim the interval, which one server gets; 2. find topics
/// that need it, in all buckets; 3. trim or forget each, bucket by bucket. A bucket that fails is left to the next interval.
/// </summary>
internal sealed partial class Upkeep(
    RedisConnection connection,
    ScriptRunner scripts,
    KeySpace keys,
    TopicArguments arguments,
    EvictedEvents evicted,
    SseRedisEventStoreOptions options,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private const int TopicsPerPage = 100;

    public void Start() => BackgroundWork.Start(RunAsync);

    /// <summary>Deletes all old events and unused topics now. If a bucket fails, the others are done before the call fails.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // At once, so that all buckets of a node that does not answer time out together.
        Task<DueTopics>[] finding = [.. Enumerable.Range(0, KeySpace.Buckets).Select(bucket => FindAsync(bucket, cancellationToken))];
        long deleted = 0;
        List<Exception> failures = [];
        for (int bucket = 0; bucket < KeySpace.Buckets; bucket++)
        {
            try
            {
                deleted += await SweepAsync(bucket, await finding[bucket], cancellationToken);
            }
            catch (Exception exception) when (RedisErrors.IsOfRedis(exception))
            {
                failures.Add(exception);
            }
        }

        if (deleted > 0)
        {
            Log.Done(logger, deleted);
        }

        if (failures.Count > 0)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
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

    private async Task<long> SweepAsync(int bucket, DueTopics due, CancellationToken cancellationToken)
    {
        long deleted = 0;
        while (true)
        {
            long trimmed = await SumAsync(due.Old, topic => RunAsync(Script.Trim, topic, arguments.Of(topic, 0), cancellationToken));
            long forgotten = await SumAsync(due.Unused, topic => RunAsync(
                Script.Forget,
                topic,
                arguments.With(topic, TopicArguments.Milliseconds(options.ForgetTopicsAfter)),
                cancellationToken));
            deleted += trimmed;
            evicted.Add(trimmed);

            // Other servers may have changed the topics that were found; the next interval finds them again.
            if (trimmed + forgotten == 0)
            {
                return deleted;
            }

            due = await FindAsync(bucket, cancellationToken);
        }
    }

    private async Task<DueTopics> FindAsync(int bucket, CancellationToken cancellationToken)
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
        return new DueTopics(NamesOf(found[0]), NamesOf(found[1]));

        static string[] NamesOf(RedisResult names) => [.. ((byte[][])names!).Select(name => TopicKey.Decode(name))];
    }

    private async Task<long> RunAsync(Script script, string topic, RedisValue[] values, CancellationToken cancellationToken) =>
        (long)await scripts.RunAsync(script, arguments.KeysOf(topic), values, cancellationToken);

    private static async Task<long> SumAsync(string[] topics, Func<string, Task<long>> change) =>
        (await Task.WhenAll(topics.Select(change))).Sum();

    private sealed record DueTopics(string[] Old, string[] Unused);

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

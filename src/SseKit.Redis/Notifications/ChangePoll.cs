using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Finds changed topics without notifications. Each bucket counts its changes; a poll asks for those with a greater number than the last
/// one. Not thread-safe.
/// </summary>
internal sealed class ChangePoll(
    ScriptRunner scripts, KeySpace keys, TopicArguments arguments, TimeProvider time, CancellationToken stopping)
{
    // A node that hangs must not delay the changes of the others.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    // With more changes in one bucket, all topics are announced at once (I8).
    private const int MaxTopics = 1000;

    private readonly string[] _identities = [.. Enumerable.Repeat("", KeySpace.Buckets)];
    private readonly long[] _numbers = new long[KeySpace.Buckets];

    /// <summary>
    /// Returns the topics that have changed since the last poll; null if any may have. A bucket that fails or is late keeps its number, so
    /// that a later poll finds its changes.
    /// </summary>
    /// <exception cref="RedisException">No bucket answered.</exception>
    public async Task<IReadOnlyList<string>?> FindAsync()
    {
        bool any = false;
        List<string> topics = [];
        Task<RedisResult>[] polls = [.. Enumerable.Range(0, KeySpace.Buckets).Select(RunAsync)];
        RedisResult?[] results = await ResultsAsync(polls);
        for (int bucket = 0; bucket < results.Length; bucket++)
        {
            if (results[bucket] is not { } result)
            {
                continue;
            }

            var fields = (RedisResult[])result!;
            string identity = (string)fields[0]!;
            long number = (long)fields[1];
            var names = (byte[][])fields[2]!;

            // A Redis that was restarted, promoted or emptied may count from an earlier number.
            any |= identity != _identities[bucket] || number < _numbers[bucket] || names.Length == MaxTopics;
            topics.AddRange(names.Select(name => TopicKey.Decode(name)));
            _identities[bucket] = identity;
            _numbers[bucket] = number;
        }

        return any ? null : topics;
    }

    private async Task<RedisResult?[]> ResultsAsync(Task<RedisResult>[] polls)
    {
        Task all = Task.WhenAll(polls);
        await all.WaitAsync(Deadline, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        RedisResult?[] results = [.. polls.Select(poll => poll.IsCompletedSuccessfully ? poll.Result : null)];
        if (results.All(result => result is null))
        {
            await all.WaitAsync(stopping);
            return [.. polls.Select(poll => poll.Result)];
        }

        return results;
    }

    private Task<RedisResult> RunAsync(int bucket) => scripts.RunOnceAsync(
        Script.Poll, keys.OfBucket(bucket), [arguments.NextSeed(), _numbers[bucket], _identities[bucket], MaxTopics], stopping);
}

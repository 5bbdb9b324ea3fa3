using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Finds changed topics without notifications. Each bucket counts its changes; a poll asks for those with a greater number than the last
/// one. Not thread-safe.
/// </summary>
internal sealed class ChangePoll(ScriptRunner scripts, KeySpace keys, TopicArguments arguments, CancellationToken stopping)
{
    // With more changes in one bucket, all topics are announced at once (I8).
    private const int MaxTopics = 1000;

    private readonly string[] _identities = [.. Enumerable.Repeat("", KeySpace.Buckets)];
    private readonly long[] _numbers = new long[KeySpace.Buckets];

    /// <summary>Returns the topics that have changed since the last poll; null if any may have.</summary>
    public async Task<IReadOnlyList<string>?> FindAsync()
    {
        bool any = false;
        List<string> topics = [];
        RedisResult[] results = await Task.WhenAll(Enumerable.Range(0, KeySpace.Buckets).Select(RunAsync));
        for (int bucket = 0; bucket < results.Length; bucket++)
        {
            var fields = (RedisResult[])results[bucket]!;
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

    private Task<RedisResult> RunAsync(int bucket) => scripts.RunAsync(
        Script.Poll, keys.OfBucket(bucket), [arguments.NextSeed(), _numbers[bucket], _identities[bucket], MaxTopics], stopping);
}

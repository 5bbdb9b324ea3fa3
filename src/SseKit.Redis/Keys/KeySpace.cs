using System.Collections.Concurrent;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Names the keys of the store. A topic belongs to one of 256 buckets, by its name. The number of the bucket is the hash tag of all its
/// keys, so that a script can change a topic and its bucket together on one node of a cluster.
/// </summary>
internal sealed class KeySpace
{
    public const int Buckets = 256;

    // The keys of topics in use are kept, so that a call does not encode them again. Beyond the bound, all are dropped (I8).
    private const int MaxKept = 1024;

    private readonly string _prefix;
    private readonly ConcurrentDictionary<string, TopicKeys> _kept = new(StringComparer.Ordinal);
    private readonly RedisKey[][] _buckets;

    public KeySpace(string prefix)
    {
        _prefix = prefix;
        _buckets = [.. Enumerable.Range(0, Buckets).Select(bucket => (RedisKey[])
            [$"{prefix}{{{bucket}}}:bucket", $"{prefix}{{{bucket}}}:changes", $"{prefix}{{{bucket}}}:aged", $"{prefix}{{{bucket}}}:idle"])];
        Channel = prefix + "changes";
        Upkeep = prefix + "upkeep";
    }

    /// <summary>The channel of change notifications.</summary>
    public string Channel { get; }

    /// <summary>The claim of the server that does the upkeep.</summary>
    public RedisKey Upkeep { get; }

    /// <summary>The hash of a bucket, its changes, its topics with events and those without.</summary>
    public RedisKey[] OfBucket(int bucket) => _buckets[bucket];

    public TopicKeys OfTopic(string topic)
    {
        if (_kept.TryGetValue(topic, out TopicKeys? known))
        {
            return known;
        }

        if (_kept.Count >= MaxKept)
        {
            _kept.Clear();
        }

        byte[] name = TopicKey.Encode(topic);
        int bucket = BucketOf(name);
        string text = KeyText.Of(name);
        return _kept[topic] = new TopicKeys(
            bucket,
            name,
            [
                .. _buckets[bucket],
                $"{_prefix}{{{bucket}}}:topic:{text}",
                $"{_prefix}{{{bucket}}}:events:{text}",
                $"{_prefix}{{{bucket}}}:keys:{text}",
            ]);
    }

    public RedisKey OfLease(string topic)
    {
        byte[] name = TopicKey.Encode(topic);
        return $"{_prefix}{{{BucketOf(name)}}}:lease:{KeyText.Of(name)}";
    }

    // FNV-1a: the same on every server and in every version.
    private static int BucketOf(byte[] name)
    {
        uint hash = 2166136261;
        foreach (byte value in name)
        {
            hash = (hash ^ value) * 16777619;
        }

        return (int)((hash ^ (hash >> 16)) % Buckets);
    }
}

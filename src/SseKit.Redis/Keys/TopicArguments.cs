using System.Globalization;
using System.Security.Cryptography;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>The arguments that all scripts about a topic share. Thread-safe.</summary>
internal sealed class TopicArguments(KeySpace keys, SseRedisEventStoreOptions options, string sender, string channel)
{
    /// <summary>The number of shared arguments; a script's own follow.</summary>
    public const int Count = 7;

    private readonly string _seed = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly RedisValue _maxAge = Milliseconds(options.MaxAge);
    private long _seeds;

    public RedisKey[] KeysOf(string topic) => keys.OfTopic(topic).All;

    public RedisValue NameOf(string topic) => keys.OfTopic(topic).Name;

    /// <summary>Returns the shared arguments and room for further ones.</summary>
    public RedisValue[] Of(string topic, int further)
    {
        var values = new RedisValue[Count + further];
        values[0] = NextSeed();
        values[1] = keys.OfTopic(topic).Name;
        values[2] = sender;
        values[3] = channel;
        values[4] = options.MaxEventsPerTopic;
        values[5] = options.MaxBytesPerTopic;
        values[6] = _maxAge;
        return values;
    }

    /// <summary>Returns the shared arguments and these.</summary>
    public RedisValue[] With(string topic, params ReadOnlySpan<RedisValue> further)
    {
        RedisValue[] values = Of(topic, further.Length);
        further.CopyTo(values.AsSpan(Count));
        return values;
    }

    /// <summary>Returns a text that no bucket has had as its seed.</summary>
    public string NextSeed() => string.Create(CultureInfo.InvariantCulture, $"{_seed}{Interlocked.Increment(ref _seeds):x}");

    /// <summary>Returns whole milliseconds, or an empty text for an infinite time.</summary>
    public static RedisValue Milliseconds(TimeSpan time) =>
        time == Timeout.InfiniteTimeSpan ? RedisValue.EmptyString : (RedisValue)(long)time.TotalMilliseconds;
}

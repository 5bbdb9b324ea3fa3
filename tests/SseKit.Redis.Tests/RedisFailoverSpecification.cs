using SseKit.Redis.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.Redis.Tests;

/// <summary>The server gets another replication id, as a promoted replica has, and lacks the last events of topics.</summary>
public sealed class RedisFailoverSpecification : FailoverEventStoreSpecification
{
    // KEYS as for scripts about a topic. ARGV: 1 its name, 2 the number of events to lose.
    private const string LoseScript = """
        for _, entry in ipairs(redis.call('XREVRANGE', KEYS[6], '+', '-', 'COUNT', ARGV[2])) do
            redis.call('XDEL', KEYS[6], entry[1])
            redis.call('HINCRBY', KEYS[5], 'head', -1)
            redis.call('HINCRBY', KEYS[5], 'bytes', -#entry[2][2])
            if entry[2][4] then
                redis.call('HDEL', KEYS[7], entry[2][4])
            end
        end
        local head = redis.call('HGET', KEYS[5], 'head')
        if head == '0' then
            redis.call('DEL', KEYS[5], KEYS[6], KEYS[7])
            redis.call('ZREM', KEYS[2], ARGV[1])
            redis.call('HSET', KEYS[1], 'number', redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2] or '0')
            redis.call('ZREM', KEYS[3], ARGV[1])
        else
            redis.call('XSETID', KEYS[6], head .. '-9999999999999')
        end
        """;

    private static readonly Lazy<Task<RedisServer>> Server = new(() => RedisServer.StartAsync("--enable-debug-command", "yes"));

    private TestStores? _stores;

    public override async Task InitializeAsync()
    {
        _stores = new TestStores(await Server.Value);
        await base.InitializeAsync();
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(_stores!.Open());

    protected override async ValueTask FailOverAsync(ISseEventStore store, IReadOnlyDictionary<string, int> losses)
    {
        RedisServer server = await Server.Value;
        var keys = new KeySpace(_stores!.Prefix);
        foreach ((string topic, int count) in losses)
        {
            object[] names = [.. keys.OfTopic(topic).All.Select(key => (object)key)];
            await server.ExecuteAsync("EVAL", [LoseScript, names.Length, .. names, topic, count]);
        }

        await server.ExecuteAsync("DEBUG", "CHANGE-REPL-ID");
    }
}

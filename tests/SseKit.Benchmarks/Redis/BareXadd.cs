using StackExchange.Redis;

namespace SseKit.Benchmarks.Redis;

/// <summary>
/// A minimal implementation: each event is one XADD, pipelined on one connection. There are no sequences, bounds, keys or notifications.
/// </summary>
internal sealed class BareXadd(IDatabase database, string prefix)
{
    private static readonly byte[] Payload = [.. "data: {\"symbol\":\"ACME\",\"price\":42.5}\n\n"u8];

    private readonly RedisKey[] _streams = [.. Enumerable.Range(0, 64).Select(topic => (RedisKey)$"{prefix}bare:{topic}")];

    public async ValueTask AddAsync(long topic) => await database.StreamAddAsync(_streams[topic], "p", Payload);

    public Task<long> DeleteAsync() => database.KeyDeleteAsync(_streams);
}

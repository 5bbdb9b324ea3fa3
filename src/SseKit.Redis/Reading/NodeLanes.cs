using System.Collections.Concurrent;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Limits concurrent reads of pages of each node of a cluster: reads of a node that does not answer delay no reads of others. Without a
/// cluster there is one lane. Thread-safe.
/// </summary>
internal sealed class NodeLanes(RedisConnection connection)
{
    // Limits the memory of concurrent pages (I8).
    private const int Readers = 8;

    // Nodes that left the cluster must not stay forever. Beyond the bound, all lanes are replaced (I8).
    private const int MaxNodes = 1024;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _lanes = new(StringComparer.Ordinal);

    /// <summary>Waits for a place in the lane of a key's node, which is left by releasing the result.</summary>
    public async Task<SemaphoreSlim> EnterAsync(RedisKey key, CancellationToken cancellationToken)
    {
        string node = NodeOf(await connection.GetAsync(cancellationToken), key);
        if (_lanes.Count >= MaxNodes)
        {
            _lanes.Clear();
        }

        SemaphoreSlim lane = _lanes.GetOrAdd(node, static _ => new SemaphoreSlim(Readers));
        await lane.WaitAsync(cancellationToken);
        return lane;
    }

    // The connection keeps the map of the cluster in memory. That of a server without a connection may be old.
    private static string NodeOf(IConnectionMultiplexer multiplexer, RedisKey key) => multiplexer.GetServers()
        .FirstOrDefault(server => server.IsConnected && server.ServerType == ServerType.Cluster)?
        .ClusterConfiguration?.GetBySlot(key)?.NodeId ?? "";
}

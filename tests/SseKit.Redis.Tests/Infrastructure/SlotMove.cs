using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>Moves a slot as tools do: a node that imports the slot, one that gives it away, the keys, and then the owner.</summary>
internal sealed partial class SlotMove
{
    private readonly IServer[] _nodes;
    private readonly IServer _from;
    private readonly IServer _to;
    private readonly string _target;
    private readonly int _slot;

    private SlotMove(IServer[] nodes, IServer from, IServer to, string target, int slot)
    {
        _nodes = nodes;
        _from = from;
        _to = to;
        _target = target;
        _slot = slot;
    }

    /// <summary>Begins to move a slot from the one of two nodes that has its keys to the other one.</summary>
    public static async Task<SlotMove> BeginAsync(IServer[] nodes, int slot)
    {
        string[] ids = await Task.WhenAll(nodes.Select(async node => (string)(await node.ExecuteAsync("CLUSTER", "MYID"))!));
        int from = (int)await nodes[0].ExecuteAsync("CLUSTER", "COUNTKEYSINSLOT", slot) > 0 ? 0 : 1;
        int to = 1 - from;
        await nodes[to].ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from]);
        await nodes[from].ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to]);
        return new SlotMove(nodes, nodes[from], nodes[to], ids[to], slot);
    }

    /// <summary>The number of calls that were refused because the slot moves.</summary>
    public async Task<int> CountRefusalsAsync()
    {
        string errors = (string)(await _from.ExecuteAsync("INFO", "errorstats"))!;
        return int.TryParse(Refusals().Match(errors).Groups[1].Value, CultureInfo.InvariantCulture, out int count) ? count : 0;
    }

    public async Task EndAsync()
    {
        int port = ((IPEndPoint)_to.EndPoint).Port;
        while ((RedisKey[])(await _from.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", _slot, 100))! is { Length: > 0 } keys)
        {
            await _from.ExecuteAsync("MIGRATE", ["127.0.0.1", port, "", 0, 5000, "KEYS", .. keys.Select(key => (object)key)]);
        }

        foreach (IServer node in _nodes)
        {
            await node.ExecuteAsync("CLUSTER", "SETSLOT", _slot, "NODE", _target);
        }
    }

    [GeneratedRegex(@"errorstat_TRYAGAIN:count=(\d+)")]
    private static partial Regex Refusals();
}

using System.Runtime.InteropServices;

namespace SseKit.Connections;

/// <summary>The connections that are open: counts them, holds them to their limits and ends them when the host stops. Thread-safe.</summary>
internal sealed class SseConnectionRegistry(int maxConnections)
{
    private readonly Lock _gate = new();
    private readonly HashSet<SseConnection> _open = [];
    private readonly Dictionary<(SseConnectionLimit Limit, string Key), int> _openByKey = [];
    private bool _stopping;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Keys of limits that somebody counts for now.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
            {
                return _openByKey.Count;
            }
        }
    }

    public SseRefusal TryAdd(SseConnection connection)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return SseRefusal.Stopping;
            }

            if (_open.Count >= maxConnections)
            {
                return SseRefusal.MaxConnections;
            }

            if (connection.LimitKey is { } key)
            {
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_openByKey, key, out _);
                if (count >= key.Limit.Max)
                {
                    return SseRefusal.ConnectionLimit;
                }

                count++;
            }

            _open.Add(connection);
            return SseRefusal.None;
        }
    }

    public void Remove(SseConnection connection)
    {
        lock (_gate)
        {
            if (!_open.Remove(connection) || connection.LimitKey is not { } key)
            {
                return;
            }

            if (--CollectionsMarshal.GetValueRefOrNullRef(_openByKey, key) == 0)
            {
                _openByKey.Remove(key);
            }
        }
    }

    /// <summary>Ends every connection and lets no more in. Returns how many there were.</summary>
    public int Stop()
    {
        SseConnection[] open;
        lock (_gate)
        {
            _stopping = true;
            open = [.. _open];
        }

        foreach (SseConnection connection in open)
        {
            connection.End(SseEndReason.Shutdown);
        }

        return open.Length;
    }
}

using System.Runtime.InteropServices;

namespace SseKit.Connections;

/// <summary>
/// The connections of an app: counts those that are admitted, holds them to their limits, and ends all of them when the host stops.
/// Thread-safe.
/// </summary>
internal sealed class ConnectionRegistry(int maxConnections)
{
    private readonly Lock _gate = new();
    private readonly HashSet<StreamConnection> _running = [];
    private readonly Dictionary<(ConnectionLimit Limit, string Key), int> _openByKey = [];
    private int _open;
    private bool _stopping;

    /// <summary>How many are open, or admitted and about to open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open;
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

    /// <summary>How many connections have entered and not left.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>Takes in a connection that may open later: its handler hears of the host's stop before its first event, too.</summary>
    public void Enter(StreamConnection connection)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                _running.Add(connection);
                return;
            }
        }

        connection.End(EndReason.Shutdown);
    }

    /// <summary>Gives a connection a place under the limits, whether it has entered before or not.</summary>
    public RejectionReason TryAdmit(StreamConnection connection)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return RejectionReason.Stopping;
            }

            if (_open >= maxConnections)
            {
                return RejectionReason.MaxConnections;
            }

            if (connection.LimitKey is { } key)
            {
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_openByKey, key, out _);
                if (count >= key.Limit.Max)
                {
                    return RejectionReason.ConnectionLimit;
                }

                count++;
            }

            _running.Add(connection);
            connection.HoldsPlace = true;
            _open++;
            return RejectionReason.None;
        }
    }

    /// <summary>Gives a connection's place back. Does nothing if it holds none.</summary>
    public void Release(StreamConnection connection)
    {
        lock (_gate)
        {
            if (!connection.HoldsPlace)
            {
                return;
            }

            connection.HoldsPlace = false;
            _open--;
            if (connection.LimitKey is { } key && --CollectionsMarshal.GetValueRefOrNullRef(_openByKey, key) == 0)
            {
                _openByKey.Remove(key);
            }
        }
    }

    /// <summary>The connection's request is over, and its place given back.</summary>
    public void Leave(StreamConnection connection)
    {
        lock (_gate)
        {
            _running.Remove(connection);
        }
    }

    /// <summary>Ends every connection and lets no more in. Returns how many were open.</summary>
    public int Stop()
    {
        StreamConnection[] running;
        int open;
        lock (_gate)
        {
            _stopping = true;
            running = [.. _running];
            open = _open;
        }

        foreach (StreamConnection connection in running)
        {
            connection.End(EndReason.Shutdown);
        }

        return open;
    }
}

/// <summary>At most <paramref name="Max"/> connections at once that share a key. One object per convention, which scopes its keys.</summary>
internal sealed record ConnectionLimit(int Max)
{
    public bool Equals(ConnectionLimit? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>Why a connection was not let in.</summary>
internal enum RejectionReason
{
    /// <summary>It was let in.</summary>
    None,

    /// <summary>The process holds as many streams as <see cref="SseOptions.MaxConnections"/> allows.</summary>
    MaxConnections,

    /// <summary>The endpoint's limit for its key is reached.</summary>
    ConnectionLimit,

    /// <summary>The host stops.</summary>
    Stopping,
}

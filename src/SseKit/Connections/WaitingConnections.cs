namespace SseKit.Connections;

/// <summary>Holds the connections that wait for a place of their key. Not thread-safe: its owner locks.</summary>
internal sealed class WaitingConnections
{
    private readonly Dictionary<(KeyLimit Limit, string Key), LinkedList<WaitingConnection>> _byKey = [];

    /// <summary>The number of connections that wait.</summary>
    public int Count => _byKey.Values.Sum(waiting => waiting.Count);

    /// <summary>Adds a connection behind those that wait for the same key.</summary>
    /// <returns>Null if as many wait as the key has places, so that requests do not accumulate (I8).</returns>
    public WaitingConnection? TryAdd(StreamConnection connection, (KeyLimit Limit, string Key) key)
    {
        if (!_byKey.TryGetValue(key, out LinkedList<WaitingConnection>? waiting))
        {
            _byKey[key] = waiting = [];
        }

        if (waiting.Count >= key.Limit.Max)
        {
            return null;
        }

        var added = new WaitingConnection(connection, key);
        waiting.AddLast(added);
        return added;
    }

    /// <summary>Removes a connection that no longer waits.</summary>
    /// <returns>False if it was removed before.</returns>
    public bool Remove(WaitingConnection connection)
    {
        if (!_byKey.TryGetValue(connection.Key, out LinkedList<WaitingConnection>? waiting) || !waiting.Remove(connection))
        {
            return false;
        }

        if (waiting.Count == 0)
        {
            _byKey.Remove(connection.Key);
        }

        return true;
    }

    /// <summary>Returns the connection that has waited longest for a key; null if none waits.</summary>
    public WaitingConnection? First((KeyLimit Limit, string Key)? key) =>
        key is { } limited && _byKey.TryGetValue(limited, out LinkedList<WaitingConnection>? waiting) ? waiting.First!.Value : null;
}

/// <summary>A connection that waits for a place of its key.</summary>
internal sealed class WaitingConnection(StreamConnection connection, (KeyLimit Limit, string Key) key)
{
    private readonly TaskCompletionSource _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamConnection Connection => connection;

    public (KeyLimit Limit, string Key) Key => key;

    /// <summary>Completes when the connection has a place.</summary>
    public Task Admitted => _admitted.Task;

    public void Admit() => _admitted.SetResult();
}

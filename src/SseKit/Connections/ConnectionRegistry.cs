namespace SseKit.Connections;

/// <summary>
/// Holds the connections of an app: counts the admitted ones, enforces their limits, and ends all of them when the host stops.
/// Thread-safe.
/// </summary>
/// <param name="maxConnections">The limit of all connections.</param>
/// <param name="drain">Called for a connection that continues after the host's stop, and must end later.</param>
internal sealed class ConnectionRegistry(int maxConnections, Action<StreamConnection> drain)
{
    // The server detects some milliseconds later that a client has left. A page that is loaded again must not be rejected for that.
    private static readonly TimeSpan PlaceTimeout = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly HashSet<StreamConnection> _running = [];
    private readonly LimitedPlaces _open = new(maxConnections);
    private readonly WaitingConnections _waiting = new();
    private bool _stopping;

    /// <summary>The number of connections that are open, or admitted and about to open.</summary>
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

    /// <summary>The number of limit keys that have connections.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
            {
                return _open.Keys;
            }
        }
    }

    /// <summary>The number of connections that wait for a place of their key.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>The number of connections that have entered and not left.</summary>
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

    /// <summary>Adds a connection that may open later, so that its token fires at the host's stop also before its first event.</summary>
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

    /// <summary>
    /// Gives a connection a place under the limits, whether it has entered before or not. If its key has none, it waits for one briefly.
    /// </summary>
    public ValueTask<RejectionReason> AdmitAsync(StreamConnection connection)
    {
        WaitingConnection? waiting = null;
        bool isLate = false;
        lock (_gate)
        {
            // A response of other code is found to be a stream at its first byte. Its request may be older than the stop.
            if (_stopping && !connection.Drains)
            {
                return new(RejectionReason.Stopping);
            }

            PlaceResult place = _open.TryTake(connection.LimitKey);
            if (place == PlaceResult.Full)
            {
                return new(RejectionReason.MaxConnections);
            }

            if (place == PlaceResult.Taken)
            {
                isLate = _running.Add(connection) && _stopping;
                connection.HoldsPlace = true;
            }
            else if ((waiting = _waiting.TryAdd(connection, connection.LimitKey!.Value)) is null)
            {
                return new(RejectionReason.ConnectionLimit);
            }
        }

        if (waiting is not null)
        {
            return WaitAsync(waiting);
        }

        if (isLate)
        {
            drain(connection);
        }

        return new(RejectionReason.None);
    }

    /// <summary>Gives a connection's place back, or to the next that waits for it. Does nothing if it holds none.</summary>
    public void Release(StreamConnection connection)
    {
        lock (_gate)
        {
            if (!connection.HoldsPlace)
            {
                return;
            }

            connection.HoldsPlace = false;
            if (!_stopping && _waiting.First(connection.LimitKey) is { } next)
            {
                _waiting.Remove(next);
                _running.Add(next.Connection);
                next.Connection.HoldsPlace = true;
                next.Admit();
                return;
            }

            _open.GiveBack(connection.LimitKey);
        }
    }

    /// <summary>Removes a connection whose request is over, and frees its place.</summary>
    public void Leave(StreamConnection connection)
    {
        lock (_gate)
        {
            _running.Remove(connection);
        }
    }

    /// <summary>Gets the connections that are open, or admitted and about to open.</summary>
    public StreamConnection[] GetAdmitted()
    {
        lock (_gate)
        {
            return [.. _running.Where(connection => connection.HoldsPlace)];
        }
    }

    /// <summary>Ends a connection of a stopping host, unless its request is over.</summary>
    public void EndDrained(StreamConnection connection)
    {
        lock (_gate)
        {
            if (!_running.Contains(connection))
            {
                return;
            }
        }

        connection.End(EndReason.Shutdown);
    }

    /// <summary>
    /// Ends every connection that does not drain, and admits no more. Returns the number that were open.
    /// </summary>
    public int Stop()
    {
        StreamConnection[] running;
        int open;
        lock (_gate)
        {
            _stopping = true;
            running = [.. _running];
            open = _open.Count;
        }

        foreach (StreamConnection connection in running)
        {
            if (connection.Drains)
            {
                drain(connection);
            }
            else
            {
                connection.End(EndReason.Shutdown);
            }
        }

        return open;
    }

    // A wait that ends early has failed, unless the place was given at the same time. Then the close of the connection frees it.
    private async ValueTask<RejectionReason> WaitAsync(WaitingConnection waiting)
    {
        StreamConnection connection = waiting.Connection;
        await waiting.Admitted.WaitAsync(PlaceTimeout, connection.Runtime.Time, connection.Ended)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            return _waiting.Remove(waiting) ? RejectionReason.ConnectionLimit : RejectionReason.None;
        }
    }
}

/// <summary>The reason for which a connection was rejected.</summary>
internal enum RejectionReason
{
    /// <summary>It was admitted.</summary>
    None,

    /// <summary>The process holds as many streams as <see cref="SseOptions.MaxConnections"/> allows.</summary>
    MaxConnections,

    /// <summary>The endpoint's limit for its key is reached.</summary>
    ConnectionLimit,

    /// <summary>The host stops.</summary>
    Stopping,
}

namespace SseKit.Connections;

/// <summary>What other code sees of a stream, and its disconnection by that code.</summary>
internal sealed partial class StreamConnection
{
    private ClientInfo _client;
    private TimeSpan? _retryAtEnd;
    private long _number;
    private long _bytes;

    /// <summary>Returns the stream's state.</summary>
    public SseConnectionInfo Look()
    {
        long pending = Volatile.Read(ref _flushPendingSince);
        return new SseConnectionInfo
        {
            Id = _runtime.IdOf(_number),
            Route = Route,
            Path = _client.Path,
            User = _client.User,
            RemoteAddress = _client.RemoteAddress?.ToString(),
            Topics = _transport.Topics,
            OpenedAt = TimeOf(_started),
            LastWriteAt = TimeOf(Volatile.Read(ref _lastWrite)),
            Events = Volatile.Read(ref _events),
            Bytes = Volatile.Read(ref _bytes),
            UnreadSince = pending == NotPending ? null : TimeOf(pending),
        };
    }

    /// <summary>Ends the stream for other code of the app.</summary>
    /// <param name="retry">When the client may reconnect; null for the time that it has.</param>
    /// <returns>False if the stream had ended before.</returns>
    public bool Disconnect(TimeSpan? retry)
    {
        if (Reason != EndReason.None)
        {
            return false;
        }

        // Before the end, which other threads act on.
        _retryAtEnd = retry;
        End(EndReason.Disconnected);
        return Reason == EndReason.Disconnected;
    }

    private DateTimeOffset TimeOf(long timestamp) => _runtime.Time.GetUtcNow() - _runtime.Time.GetElapsedTime(timestamp);
}

namespace SseKit.Connections;

/// <summary>The reason for which a connection ended. The names appear in metrics, in snake case.</summary>
internal enum EndReason
{
    /// <summary>Not ended.</summary>
    None,

    /// <summary>The handler returned.</summary>
    Completed,

    /// <summary>The client closed the connection, or the network did.</summary>
    ClientLeft,

    /// <summary>The host stops.</summary>
    Shutdown,

    /// <summary>The connection reached its maximum lifetime.</summary>
    Lifetime,

    /// <summary>The client did not read in time.</summary>
    WriteTimeout,

    /// <summary>The handler threw.</summary>
    Failed,

    /// <summary>The app aborted the connection, by <c>HttpContext.Abort</c> or a reset.</summary>
    Aborted,

    /// <summary>A token with which the app replaced the request's own has fired, for example at the end of a session.</summary>
    Cancelled,

    /// <summary>Other code of the app ended the stream, by <see cref="ISseConnections"/> or its request.</summary>
    Disconnected,

    /// <summary>The sign-in of the client has expired, or its authorization no longer succeeds.</summary>
    Unauthorized,

    /// <summary>A limit was reached before the stream began.</summary>
    Refused,
}

internal static class EndReasons
{
    /// <summary>Returns whether the client, the host, a deadline or other code ends the stream, not its handler.</summary>
    public static bool IsExternal(this EndReason reason) =>
        reason is not (EndReason.None or EndReason.Completed or EndReason.Failed or EndReason.Refused);
}

namespace SseKit.Connections;

/// <summary>Why a connection ended. The names appear in metrics, in snake case.</summary>
internal enum SseEndReason
{
    /// <summary>Not ended.</summary>
    None,

    /// <summary>The handler has said all it had to say.</summary>
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

    /// <summary>A limit was met before the stream began.</summary>
    Refused,
}

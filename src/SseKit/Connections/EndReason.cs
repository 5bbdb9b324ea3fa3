namespace SseKit.Connections;

/// <summary>Why a connection ended. The names appear in metrics, in snake case.</summary>
internal enum EndReason
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

    /// <summary>The app broke the connection off, by <c>HttpContext.Abort</c> or a reset.</summary>
    Aborted,

    /// <summary>A token that the app put in the place of the request's own has fired, as at the end of a session.</summary>
    Cancelled,

    /// <summary>A limit was met before the stream began.</summary>
    Refused,
}

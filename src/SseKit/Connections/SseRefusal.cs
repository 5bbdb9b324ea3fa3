namespace SseKit.Connections;

/// <summary>Why a connection was not let in.</summary>
internal enum SseRefusal
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

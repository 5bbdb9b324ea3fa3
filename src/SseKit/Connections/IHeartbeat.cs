using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>Takes the place of the comment that a heartbeat writes.</summary>
internal interface IHeartbeat
{
    /// <summary>Writes if the write lock is free. Never waits.</summary>
    /// <returns>Whether it was written; null if a comment suffices.</returns>
    bool? TryWrite(StreamOutput output);
}

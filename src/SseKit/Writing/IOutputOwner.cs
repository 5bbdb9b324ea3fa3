using System.IO.Pipelines;

namespace SseKit.Writing;

/// <summary>The stream that an <see cref="StreamOutput"/> writes for. Calls come from inside the gate, one at a time (I1).</summary>
internal interface IOutputOwner
{
    /// <summary>Fires when the stream is cut, whatever the reason.</summary>
    CancellationToken Ended { get; }

    /// <summary>Starts the stream before its first byte; asked once. What it writes is flushed by the caller. Null where it was refused and there is nothing to write to.</summary>
    ValueTask<PipeWriter?> OpenAsync();

    /// <summary>A flush takes these along.</summary>
    void OnWritten(int events, long bytes);

    /// <summary>
    /// A flush waits: the client is behind by more than the transport buffers. Called again for each piece of it that has left, which the client
    /// made room for.
    /// </summary>
    void OnFlushPending();

    void OnFlushCompleted();

    /// <summary>Nothing can be written any more: the client left, or the response failed.</summary>
    /// <param name="exception">An <see cref="IOException"/> or a cancellation if the client left; else what the response threw.</param>
    void OnFailed(Exception exception);
}

using System.IO.Pipelines;

namespace SseKit.Writing;

/// <summary>Represents the stream of a <see cref="StreamOutput"/>. Calls are made under the write lock, one at a time (I1).</summary>
internal interface IOutputOwner
{
    /// <summary>Fires when the stream is cut for any reason.</summary>
    CancellationToken Ended { get; }

    /// <summary>Starts the stream before its first byte. Called once; the caller flushes the bytes that were written.</summary>
    /// <returns>The pipe to write to; null if the stream was refused.</returns>
    ValueTask<PipeWriter?> OpenAsync();

    /// <summary>Records the events and bytes that the next flush sends.</summary>
    void OnWritten(int events, long bytes);

    /// <summary>
    /// Records that a flush waits: the client is behind by more than the transport buffers. Called again for each piece that was sent,
    /// because it shows that the client reads.
    /// </summary>
    void OnFlushPending();

    void OnFlushCompleted();

    /// <summary>Records that no further write can succeed: the client left, or the response failed.</summary>
    /// <param name="exception">
    /// An <see cref="IOException"/> or a cancellation if the client left; otherwise the exception of the response.
    /// </param>
    void OnFailed(Exception exception);
}

using System.IO.Pipelines;

namespace SseKit.Protocol;

/// <summary>The stream that an <see cref="SseOutput"/> writes for. Calls come from inside the gate, one at a time (I1).</summary>
internal interface ISseOutputOwner
{
    /// <summary>Fires when the stream is cut, whatever the reason.</summary>
    CancellationToken Ended { get; }

    /// <summary>Starts the stream before its first byte; asked once. Null where it was refused and there is nothing to write to.</summary>
    ValueTask<PipeWriter?> OpenAsync();

    /// <summary>A flush takes these along.</summary>
    void OnWritten(int events, long bytes);

    /// <summary>A flush did not complete at once: the client is behind by more than the transport buffers.</summary>
    void OnFlushPending();

    void OnFlushCompleted();

    /// <summary>Nobody reads the other end any more.</summary>
    void OnReaderGone();
}

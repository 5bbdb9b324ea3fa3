using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes bytes that other code has formatted, cut at any position.</summary>
internal sealed partial class StreamOutput
{
    // Finds frame ends in bytes of other code. Most streams have no such bytes, so it is created at the first.
    private FrameScanner? _foreign;

    // Bytes of other code may leave a frame open; no frame of SseKit may be written inside it.
    private bool AtFrameBoundary => _foreign?.AtFrameBoundary ?? true;

    /// <summary>Writes and flushes bytes that other code has formatted.</summary>
    public ValueTask WriteForeignAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        WriteAsync(new RawBytes(Foreign(), bytes), flush: true, cancellationToken);

    /// <summary>Writes and flushes bytes that other code has formatted, and removes them from their buffer.</summary>
    public ValueTask WriteForeignAsync(ArrayBufferWriter<byte> collected, CancellationToken cancellationToken) =>
        WriteAsync(new CollectedBytes(Foreign(), collected), flush: true, cancellationToken);

    private FrameScanner Foreign() => LazyInitializer.EnsureInitialized(ref _foreign, static () => new FrameScanner());
}

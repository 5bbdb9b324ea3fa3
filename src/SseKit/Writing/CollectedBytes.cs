using System.Buffers;

namespace SseKit.Writing;

/// <summary>
/// Writes the bytes that other code has collected in a buffer, and removes them there. So they are written once, also if the caller's wait
/// for a slow client is cancelled.
/// </summary>
internal readonly struct CollectedBytes(FrameScanner scanner, ArrayBufferWriter<byte> collected) : IWriteOperation
{
    public int Events => scanner.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        long written = new RawBytes(scanner, collected.WrittenMemory).WriteTo(output, maxEventSize);
        collected.ResetWrittenCount();
        return written;
    }
}

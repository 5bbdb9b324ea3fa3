using System.Buffers;
using System.IO.Pipelines;

namespace SseKit.Protocol;

/// <summary>
/// Collects frames that need no flush yet, in front of the pipe: each call of Kestrel's pipe takes a lock, and a small event makes two. What is
/// here goes on when the stage is full, and before anything else is written or flushed.
/// </summary>
internal sealed class SseStaging(PipeWriter pipe) : IBufferWriter<byte>
{
    // Kestrel's segments have this size.
    private const int Capacity = 4096;

    // Rented for a batch only: a connection that waits holds none.
    private byte[]? _buffer;
    private int _used;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsSpan(_used);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _buffer.AsMemory(_used);
    }

    public void Advance(int count) => _used += count;

    /// <summary>Hands what is here to the pipe, unflushed.</summary>
    public void MoveOn()
    {
        if (_buffer is { } buffer)
        {
            pipe.Write(buffer.AsSpan(0, _used));
            _buffer = null;
            _used = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom(int sizeHint)
    {
        if (_buffer is null || _buffer.Length - _used < Math.Max(sizeHint, 1))
        {
            MoveOn();
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, Capacity));
        }
    }
}

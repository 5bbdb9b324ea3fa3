using System.Buffers;
using System.IO.Pipelines;

namespace SseKit.Protocol;

/// <summary>
/// Collects frames that need no flush yet, in front of the pipe: each call of Kestrel's pipe takes a lock, and a small event makes two. What is
/// here goes on when the stage is full, and before anything else is written or flushed.
/// </summary>
internal sealed class SseStaging : IBufferWriter<byte>
{
    // Kestrel's segments have this size.
    private const int Capacity = 4096;

    [ThreadStatic]
    private static SseStaging? _ofThread;

    private PipeWriter? _pipe;

    // Rented for a batch only: a connection that waits holds none.
    private byte[]? _buffer;
    private int _used;

    /// <summary>For a stream whose events are collected over several calls.</summary>
    public static SseStaging For(PipeWriter pipe) => new() { _pipe = pipe };

    /// <summary>For a call that moves on what it has collected before it returns.</summary>
    public static SseStaging Borrow(PipeWriter pipe)
    {
        SseStaging staging = _ofThread ??= new SseStaging();
        staging._pipe = pipe;
        return staging;
    }

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
            _pipe!.Write(buffer.AsSpan(0, _used));
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

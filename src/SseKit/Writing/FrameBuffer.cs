using System.Buffers;
using System.IO.Pipelines;

namespace SseKit.Writing;

/// <summary>
/// Holds frames from their first byte until they are moved to the pipe. Bytes that a pipe was advanced by cannot be removed. So a frame
/// is composed in this buffer first, and truncated if it fails midway. A buffer belongs to one output at a time (I1).
/// </summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    // A batch of small events fits into one chunk.
    private const int ChunkSize = 16 * 1024;

    // Copying fewer bytes costs less than a separate segment.
    private const int MinSharedLength = 1024;

    // The list of one huge frame must not stay allocated for later frames (I8).
    private const int MaxKeptSegments = 64;

    private static readonly BufferPool<FrameBuffer> Pool = new();

    // The bytes before the open part of the chunk; empty if the chunk holds all bytes.
    private readonly List<Segment> _segments = [];
    private int _taken;
    private byte[]? _chunk;
    private int _start;
    private int _used;

    private FrameBuffer()
    {
    }

    /// <summary>Whether all bytes were moved to the pipe.</summary>
    public bool IsEmpty => _start == _used && _taken == _segments.Count;

    /// <summary>Returns an empty buffer.</summary>
    public static FrameBuffer Rent() => Pool.TryRent() ?? new FrameBuffer();

    /// <summary>Returns an empty buffer to the pool.</summary>
    public static void Return(FrameBuffer buffer)
    {
        buffer.Clear();
        Pool.Return(buffer);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _chunk.AsSpan(_used);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _chunk.AsMemory(_used);
    }

    public void Advance(int count) => _used += count;

    /// <summary>Adds immutable bytes that connections share; each copies them only when its pipe has room.</summary>
    public void WriteShared(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < MinSharedLength)
        {
            this.Write(bytes.Span);
            return;
        }

        Seal(closesChunk: false);
        _segments.Add(new Segment(bytes, null));
    }

    /// <summary>The position at which the next frame begins.</summary>
    public Mark Position => new(_segments.Count, _chunk, _start, _used);

    /// <summary>Removes the bytes that were written after a position.</summary>
    public void Truncate(in Mark mark)
    {
        for (int i = mark.Segments; i < _segments.Count; i++)
        {
            if (_segments[i].Chunk is { } chunk && chunk != mark.Chunk)
            {
                ArrayPool<byte>.Shared.Return(chunk);
            }
        }

        if (_chunk is not null && _chunk != mark.Chunk && mark.Chunk is not null)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
        }

        _segments.RemoveRange(mark.Segments, _segments.Count - mark.Segments);
        _chunk = mark.Chunk ?? _chunk;
        _start = mark.Chunk is null ? 0 : mark.Start;
        _used = mark.Chunk is null ? 0 : mark.Used;
    }

    /// <summary>Moves at most <paramref name="most"/> bytes to a pipe, without a flush.</summary>
    public void MoveTo(PipeWriter pipe, int most)
    {
        while (most > 0 && _taken < _segments.Count)
        {
            Segment first = _segments[_taken];
            int count = Math.Min(first.Bytes.Length, most);
            pipe.Write(first.Bytes.Span[..count]);
            most -= count;
            TakeFromSegment(first, count);
        }

        int rest = Math.Min(_used - _start, most);
        if (rest > 0)
        {
            pipe.Write(_chunk.AsSpan(_start, rest));
            _start += rest;
        }
    }

    public byte[] ToArray()
    {
        if (_segments.Count == 0)
        {
            return _chunk.AsSpan(_start, _used - _start).ToArray();
        }

        long length = _used - _start;
        foreach (Segment segment in _segments)
        {
            length += segment.Bytes.Length;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)length));
        Span<byte> rest = bytes;
        foreach (Segment segment in _segments)
        {
            segment.Bytes.Span.CopyTo(rest);
            rest = rest[segment.Bytes.Length..];
        }

        _chunk.AsSpan(_start, _used - _start).CopyTo(rest);
        return bytes;
    }

    private void MakeRoom(int sizeHint)
    {
        int wanted = Math.Max(sizeHint, 1);
        if (_chunk is not null && _chunk.Length - _used >= wanted)
        {
            return;
        }

        byte[] chunk = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, ChunkSize));
        if (_chunk is not null)
        {
            Seal(closesChunk: true);
        }

        _chunk = chunk;
        _start = 0;
        _used = 0;
    }

    // The last segment of a chunk owns it: the chunk is returned when that segment was moved to the pipe.
    private void Seal(bool closesChunk)
    {
        if (closesChunk || _used > _start)
        {
            _segments.Add(new Segment(_chunk.AsMemory(_start, _used - _start), closesChunk ? _chunk : null));
            _start = _used;
        }
    }

    private void TakeFromSegment(in Segment segment, int count)
    {
        if (count < segment.Bytes.Length)
        {
            _segments[_taken] = segment with { Bytes = segment.Bytes[count..] };
            return;
        }

        if (segment.Chunk is not null)
        {
            ArrayPool<byte>.Shared.Return(segment.Chunk);
        }

        // Releases shared bytes while later segments still wait for room.
        _segments[_taken++] = default;
    }

    private void Clear()
    {
        _segments.Clear();
        if (_segments.Capacity > MaxKeptSegments)
        {
            _segments.Capacity = MaxKeptSegments;
        }

        _taken = 0;
        _start = 0;
        _used = 0;
    }

    /// <summary>A position in a buffer, valid until bytes are moved to the pipe.</summary>
    public readonly record struct Mark(int Segments, byte[]? Chunk, int Start, int Used);

    private readonly record struct Segment(ReadOnlyMemory<byte> Bytes, byte[]? Chunk);
}

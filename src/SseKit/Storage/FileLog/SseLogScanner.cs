namespace SseKit.Storage.FileLog;

/// <summary>Reads a segment's frames one after the other. Not thread-safe.</summary>
internal sealed class SseLogScanner
{
    private const int ReadLength = 1024 * 1024;

    private readonly ISseLogFile _file;
    private readonly uint _seed;
    private readonly long _end;
    private byte[] _buffer = new byte[ReadLength];
    private long _bufferOffset;
    private int _bufferLength;
    private int _frameLength;

    public SseLogScanner(ISseLogFile file, uint seed, long start, long end)
    {
        _file = file;
        _seed = seed;
        _end = end;
        Offset = start;
        _bufferOffset = start;
    }

    /// <summary>Where the frame is, or the bytes that are none.</summary>
    public long Offset { get; private set; }

    public bool IsAtEnd => Offset == _end;

    public ReadOnlySpan<byte> Frame => _buffer.AsSpan((int)(Offset - _bufferOffset), _frameLength);

    /// <summary>Goes on to the next frame. False at the end, and at bytes that are no whole frame of this place.</summary>
    public bool TryNext()
    {
        Offset += _frameLength;
        _frameLength = 0;
        return TryTake();
    }

    /// <summary>Looks for the next whole frame behind bytes that are none.</summary>
    public bool TryFindNext()
    {
        Offset++;
        while (Offset + SseLogFrame.HeadLength <= _end)
        {
            ReadOnlySpan<byte> bytes = Fill((int)Math.Min(ReadLength, _end - Offset));
            int mark = bytes[SseLogFrame.PrefixLength..].IndexOf(SseLogFrame.Mark);
            if (mark < 0)
            {
                // The last byte may be the first one of a mark.
                Offset += Math.Max(1, bytes.Length - SseLogFrame.PrefixLength - 1);
                continue;
            }

            Offset += mark;
            if (TryTake())
            {
                return true;
            }

            Offset++;
        }

        return false;
    }

    private bool TryTake()
    {
        long left = _end - Offset;
        if (left < SseLogFrame.HeadLength)
        {
            return false;
        }

        long length = SseLogFrame.LengthOf(Fill(SseLogFrame.HeadLength));
        if (length == 0 || length > left || !SseLogFrame.IsWhole(Fill((int)length), _seed, Offset))
        {
            return false;
        }

        _frameLength = (int)length;
        return true;
    }

    // The next bytes, from the buffer where it has them.
    private ReadOnlySpan<byte> Fill(int length)
    {
        int start = (int)Math.Min(Offset - _bufferOffset, _bufferLength);
        if (_bufferLength - start < length || Offset - _bufferOffset > _bufferLength)
        {
            byte[] buffer = length > _buffer.Length ? new byte[length] : _buffer;
            int kept = Offset - _bufferOffset > _bufferLength ? 0 : _bufferLength - start;
            _buffer.AsSpan(_bufferLength - kept, kept).CopyTo(buffer);
            _buffer = buffer;
            _bufferOffset = Offset;
            int wanted = (int)Math.Min(buffer.Length, _end - Offset);
            _bufferLength = kept + _file.Read(buffer.AsSpan(kept, wanted - kept), Offset + kept);
            start = 0;
            if (_bufferLength < length)
            {
                throw new IOException($"A file of the event store ends at {_bufferOffset + _bufferLength}, before its length of {_end}.");
            }
        }

        return _buffer.AsSpan(start, length);
    }
}

namespace SseKit.Writing;

/// <summary>
/// Finds the ends of frames in bytes that other code has formatted, wherever the bytes are cut. A frame ends after a blank line, whose
/// line break may be CR, LF or CRLF (WHATWG HTML §9.2.5).
/// </summary>
internal sealed class FrameScanner
{
    // The start of a line identifies its field. No field that is checked here is longer, including the colon.
    private readonly byte[] _lineStart = new byte[RetryField.Length + 1];
    private bool _started;
    private bool _afterCarriageReturn;
    private bool _blockIsOpen;
    private bool _blockHasData;
    private int _lineStartLength;
    private bool _dropsLineFeed;

    /// <summary>Whether a frame can be inserted here: no line is cut, and an open block holds only comments and retries.</summary>
    public bool AtFrameBoundary => _lineStartLength == 0 && !_blockIsOpen;

    /// <summary>The number of events that the last bytes completed.</summary>
    public int Events { get; private set; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> DataField => "data"u8;

    private static ReadOnlySpan<byte> RetryField => "retry"u8;

    /// <summary>
    /// Records that a frame of SseKit is inserted here. If the bytes before it end with CR, an LF that follows is the second half of that
    /// line break. After the inserted frame it would be a blank line, so it is removed.
    /// </summary>
    public void BeforeInsertedFrame()
    {
        _dropsLineFeed |= _afterCarriageReturn;
        _afterCarriageReturn = false;
    }

    /// <summary>
    /// Scans the next bytes, and returns the bytes to write. A leading byte order mark is removed, because clients strip it only at the
    /// very start. So is the line feed that is redundant after <see cref="BeforeInsertedFrame"/>.
    /// </summary>
    public ReadOnlySpan<byte> Scan(ReadOnlySpan<byte> bytes)
    {
        Events = 0;
        if (bytes.IsEmpty)
        {
            return bytes;
        }

        if (!_started && bytes.StartsWith(ByteOrderMark))
        {
            bytes = bytes[ByteOrderMark.Length..];
        }

        if (_dropsLineFeed && bytes[0] == (byte)'\n')
        {
            bytes = bytes[1..];
        }

        _dropsLineFeed = false;
        _started = true;
        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            ReadLinePart(end < 0 ? rest : rest[..end]);
            if (end < 0)
            {
                break;
            }

            ReadLineBreak(rest[end]);
            rest = rest[(end + 1)..];
        }

        return bytes;
    }

    private void ReadLinePart(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return;
        }

        _afterCarriageReturn = false;
        int kept = Math.Min(part.Length, _lineStart.Length - _lineStartLength);
        part[..kept].CopyTo(_lineStart.AsSpan(_lineStartLength));
        _lineStartLength += kept;
    }

    private void ReadLineBreak(byte value)
    {
        bool isSecondHalf = value == (byte)'\n' && _afterCarriageReturn;
        _afterCarriageReturn = value == (byte)'\r';
        if (isSecondHalf)
        {
            return;
        }

        if (_lineStartLength == 0)
        {
            Events += _blockHasData ? 1 : 0;
            _blockHasData = false;
            _blockIsOpen = false;
            return;
        }

        // Clients ignore a comment, and process a retry when its line arrives: neither depends on the lines after it.
        _blockIsOpen |= _lineStart[0] != (byte)':' && !LineIs(RetryField);
        _blockHasData |= LineIs(DataField);
        _lineStartLength = 0;
    }

    // A field name ends at a colon or at the end of the line.
    private bool LineIs(ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> start = _lineStart.AsSpan(0, _lineStartLength);
        return start.StartsWith(field) && (start.Length == field.Length || start[field.Length] == (byte)':');
    }
}

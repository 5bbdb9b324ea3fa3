namespace SseKit.Writing;

/// <summary>
/// Follows bytes that somebody else has formatted, however they are cut, and knows where a frame ends: after a blank line, whose
/// line break may be CR, LF or CRLF (WHATWG HTML §9.2.5).
/// </summary>
internal sealed class FrameScanner
{
    // The start of a line tells its field: no field that matters here is longer, with the colon.
    private readonly byte[] _lineStart = new byte[RetryField.Length + 1];
    private bool _started;
    private bool _afterCarriageReturn;
    private bool _blockIsOpen;
    private bool _blockHasData;
    private int _lineStartLength;
    private bool _dropsLineFeed;

    /// <summary>Whether a whole frame could stand here: no line is cut, and no block is open that holds more than comments and retries.</summary>
    public bool AtFrameBoundary => _lineStartLength == 0 && !_blockIsOpen;

    /// <summary>How many events the last bytes completed.</summary>
    public int Events { get; private set; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> DataField => "data"u8;

    private static ReadOnlySpan<byte> RetryField => "retry"u8;

    /// <summary>
    /// Notes that something of ours follows the bytes up to here. If they end with CR, an LF that comes next is the second half of that
    /// line break: behind our
    /// bytes it would be a blank line, so it is dropped.
    /// </summary>
    public void BreakIn()
    {
        _dropsLineFeed |= _afterCarriageReturn;
        _afterCarriageReturn = false;
    }

    /// <summary>
    /// Reads on. Returns the bytes without a leading byte order mark, which clients strip only if nothing stands before it, and without
    /// the line feed that
    /// <see cref="BreakIn"/> made superfluous.
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
        bool secondHalf = value == (byte)'\n' && _afterCarriageReturn;
        _afterCarriageReturn = value == (byte)'\r';
        if (secondHalf)
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

        // A comment means nothing, and clients process a retry when its line arrives: neither needs the lines after it.
        _blockIsOpen |= _lineStart[0] != (byte)':' && !LineIs(RetryField);
        _blockHasData |= LineIs(DataField);
        _lineStartLength = 0;
    }

    // A field's name ends at a colon or with the line.
    private bool LineIs(ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> start = _lineStart.AsSpan(0, _lineStartLength);
        return start.StartsWith(field) && (start.Length == field.Length || start[field.Length] == (byte)':');
    }
}

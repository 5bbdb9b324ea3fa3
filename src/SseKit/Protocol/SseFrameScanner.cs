namespace SseKit.Protocol;

/// <summary>
/// Follows bytes that somebody else has formatted, however they are cut, and knows where a frame ends: after a blank line, whose
/// line break may be CR, LF or CRLF (WHATWG HTML §9.2.5).
/// </summary>
internal sealed class SseFrameScanner
{
    private bool _started;
    private bool _afterCarriageReturn;
    private bool _lineIsEmpty = true;
    private bool _blockIsEmpty = true;
    private bool _blockHasData;
    private int _dataMatched;

    /// <summary>Whether a whole frame could stand here.</summary>
    public bool AtFrameBoundary => _lineIsEmpty && _blockIsEmpty;

    /// <summary>How many events the last bytes completed.</summary>
    public int Events { get; private set; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> DataField => "data"u8;

    /// <summary>Reads on. Returns the bytes without a leading byte order mark, which clients strip only where nothing stands before it.</summary>
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
        foreach (byte value in part)
        {
            if (!MatchDataField(value))
            {
                break;
            }
        }

        _lineIsEmpty = false;
        _blockIsEmpty = false;
    }

    // "data" counts as a field where a colon or the end of the line follows. False where the rest of the line no longer matters.
    private bool MatchDataField(byte value)
    {
        if (_dataMatched < 0)
        {
            return false;
        }

        if (_dataMatched == DataField.Length)
        {
            _blockHasData |= value == (byte)':';
            _dataMatched = -1;
            return false;
        }

        _dataMatched = value == DataField[_dataMatched] ? _dataMatched + 1 : -1;
        return true;
    }

    private void ReadLineBreak(byte value)
    {
        bool secondHalf = value == (byte)'\n' && _afterCarriageReturn;
        _afterCarriageReturn = value == (byte)'\r';
        if (secondHalf)
        {
            return;
        }

        if (_lineIsEmpty)
        {
            Events += _blockHasData ? 1 : 0;
            _blockHasData = false;
            _blockIsEmpty = true;
        }

        _blockHasData |= _dataMatched == DataField.Length;
        _dataMatched = 0;
        _lineIsEmpty = true;
    }
}

namespace SseKit.Topics;

/// <summary>Packs numbers into characters of six bits, in the alphabet of base64url (RFC 4648 §5).</summary>
internal ref struct SseBitWriter(Span<byte> output)
{
    public const int BitsPerCharacter = 6;

    private readonly Span<byte> _output = output;
    private int _written;
    private int _pending;
    private int _pendingBits;

    public static ReadOnlySpan<byte> Alphabet => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    public void Write(ulong value, int bits)
    {
        for (int bit = bits - 1; bit >= 0; bit--)
        {
            _pending = (_pending << 1) | (int)((value >> bit) & 1);
            if (++_pendingBits == BitsPerCharacter)
            {
                _output[_written++] = Alphabet[_pending];
                _pending = 0;
                _pendingBits = 0;
            }
        }
    }

    /// <summary>Fills the last character with zeros and returns how many there are.</summary>
    public int Complete()
    {
        if (_pendingBits > 0)
        {
            Write(0, BitsPerCharacter - _pendingBits);
        }

        return _written;
    }
}

namespace SseKit.Topics.EventIds;

/// <summary>Reads numbers that <see cref="BitWriter"/> has packed. The text is untrusted.</summary>
internal ref struct BitReader(ReadOnlySpan<char> input)
{
    private readonly ReadOnlySpan<char> _input = input;
    private int _position;

    /// <summary>Whether the rest is only the zeros that fill the last character.</summary>
    public readonly bool IsAtEnd
    {
        get
        {
            int left = (_input.Length * BitWriter.BitsPerCharacter) - _position;
            return left < BitWriter.BitsPerCharacter && (left == 0 || (ValueOf(_input[^1]) & ((1 << left) - 1)) == 0);
        }
    }

    public bool TryRead(int bits, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bits; i++, _position++)
        {
            int character = _position / BitWriter.BitsPerCharacter;
            if (character >= _input.Length || ValueOf(_input[character]) is var six && six < 0)
            {
                return false;
            }

            int shift = BitWriter.BitsPerCharacter - 1 - (_position % BitWriter.BitsPerCharacter);
            value = (value << 1) | (uint)((six >> shift) & 1);
        }

        return true;
    }

    private static int ValueOf(char character) =>
        character < 128 ? BitWriter.Alphabet.IndexOf((byte)character) : -1;
}

/// <summary>Packs numbers into characters of six bits, in the alphabet of base64url (RFC 4648 §5).</summary>
internal ref struct BitWriter(Span<byte> output)
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

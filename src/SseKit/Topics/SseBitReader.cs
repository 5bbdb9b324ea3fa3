namespace SseKit.Topics;

/// <summary>Unpacks what <see cref="SseBitWriter"/> has packed. The text is untrusted.</summary>
internal ref struct SseBitReader(ReadOnlySpan<char> input)
{
    private readonly ReadOnlySpan<char> _input = input;
    private int _position;

    /// <summary>Whether only the zeros that fill the last character are left.</summary>
    public readonly bool IsAtEnd
    {
        get
        {
            int left = (_input.Length * SseBitWriter.BitsPerCharacter) - _position;
            return left < SseBitWriter.BitsPerCharacter && (left == 0 || (ValueOf(_input[^1]) & ((1 << left) - 1)) == 0);
        }
    }

    public bool TryRead(int bits, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bits; i++, _position++)
        {
            int character = _position / SseBitWriter.BitsPerCharacter;
            if (character >= _input.Length || ValueOf(_input[character]) is var six && six < 0)
            {
                return false;
            }

            int shift = SseBitWriter.BitsPerCharacter - 1 - (_position % SseBitWriter.BitsPerCharacter);
            value = (value << 1) | (uint)((six >> shift) & 1);
        }

        return true;
    }

    private static int ValueOf(char character) =>
        character < 128 ? SseBitWriter.Alphabet.IndexOf((byte)character) : -1;
}

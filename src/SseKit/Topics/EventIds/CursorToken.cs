using System.Numerics;

namespace SseKit.Topics.EventIds;

/// <summary>
/// The event id of a connection that follows several topics: a dot, and base64url of these bits.
/// <code>
///                           4 bits   the number of topics, minus 1
/// for each topic, by name   6 bits   n, the length of its sequence
///                           n bits   the sequence
/// for each topic, by name   0 to 16 bits   the check of its name
///                           8 to 32 bits   the check of its log
/// </code>
/// The checks share what is left of 756 bits. The log gets the first 16, the name the next 16, the log the rest. By the names, an id is
/// also one of other sets of topics. By the logs, an id of a lost log is unknown instead of wrong.
/// </summary>
internal readonly struct CursorToken
{
    private const byte Mark = (byte)'.';

    // Does not count the dot and the mark that may follow.
    private const int MaxCharacters = Cursor.MaxIdLength - 2;
    private const int CountBits = 4;
    private const int LengthBits = 6;
    private const int MinCheckBits = 8;

    // A wrong log is a silent loss; a wrong name is a reported gap at most.
    private const int FirstLogBits = 16;
    private const int MaxLogBits = 32;
    private const int MaxNameBits = 16;

    private readonly long[] _sequences;
    private readonly TopicCheck[] _checks;
    private readonly uint _nameMask;
    private readonly uint _logMask;

    private CursorToken(long[] sequences, TopicCheck[] checks, int nameBits, int logBits)
    {
        _sequences = sequences;
        _checks = checks;
        _nameMask = MaskOf(nameBits);
        _logMask = MaskOf(logBits);
    }

    /// <summary>The number of its topics.</summary>
    public int Count => _sequences.Length;

    /// <summary>Whether there was room for names. Without them, only the same set of topics can be recognised.</summary>
    public bool HasNames => _nameMask != 0;

    public static int Write(ReadOnlySpan<SsePosition> positions, ReadOnlySpan<TopicCheck> checks, Span<byte> id)
    {
        int bits = CountBits;
        foreach (SsePosition position in positions)
        {
            bits += LengthBits + BitLength(position.Sequence);
        }

        if (!TryDivide(bits, positions.Length, out int nameBits, out int logBits))
        {
            return 0;
        }

        var writer = new BitWriter(id[1..]);
        id[0] = Mark;
        writer.Write((ulong)positions.Length - 1, CountBits);
        foreach (SsePosition position in positions)
        {
            writer.Write((ulong)BitLength(position.Sequence), LengthBits);
            writer.Write((ulong)position.Sequence, BitLength(position.Sequence));
        }

        foreach (TopicCheck check in checks)
        {
            writer.Write(check.Name & MaskOf(nameBits), nameBits);
            writer.Write(check.Log & MaskOf(logBits), logBits);
        }

        return 1 + writer.Complete();
    }

    /// <summary>Reads an id, which is untrusted. False if the text is no such id.</summary>
    public static bool TryRead(string id, out CursorToken token)
    {
        token = default;
        if (id.Length is < 2 or > Cursor.MaxIdLength || id[0] != (char)Mark)
        {
            return false;
        }

        var reader = new BitReader(id.AsSpan(1));
        if (!reader.TryRead(CountBits, out ulong others) || others == 0)
        {
            return false;
        }

        long[] sequences = new long[(int)others + 1];
        if (!TryReadSequences(ref reader, sequences, out int bits)
            || !TryDivide(CountBits + bits, sequences.Length, out int nameBits, out int logBits))
        {
            return false;
        }

        var checks = new TopicCheck[sequences.Length];
        for (int i = 0; i < checks.Length; i++)
        {
            if (!reader.TryRead(nameBits, out ulong name) || !reader.TryRead(logBits, out ulong log))
            {
                return false;
            }

            checks[i] = new TopicCheck((uint)name, (uint)log);
        }

        token = new CursorToken(sequences, checks, nameBits, logBits);
        return reader.IsAtEnd;
    }

    public long Sequence(int entry) => _sequences[entry];

    /// <summary>Whether an entry can be that of a topic. Without names, each can.</summary>
    public bool HasName(int entry, TopicCheck check) => _checks[entry].Name == (check.Name & _nameMask);

    /// <summary>Whether an entry is that of a topic and its log.</summary>
    public bool HasLog(int entry, TopicCheck check) => HasName(entry, check) && _checks[entry].Log == (check.Log & _logMask);

    private static bool TryReadSequences(ref BitReader reader, Span<long> sequences, out int bits)
    {
        bits = 0;
        foreach (ref long sequence in sequences)
        {
            // The shortest length is required, so that each set of positions has exactly one text.
            if (!reader.TryRead(LengthBits, out ulong length)
                || !reader.TryRead((int)length, out ulong value)
                || BitLength((long)value) != (int)length)
            {
                return false;
            }

            bits += LengthBits + (int)length;
            sequence = (long)value;
        }

        return true;
    }

    // False if the sequences of so many topics leave no room for checks.
    private static bool TryDivide(int bits, int topics, out int nameBits, out int logBits)
    {
        int left = ((MaxCharacters * BitWriter.BitsPerCharacter) - bits) / topics;
        nameBits = Math.Clamp(left - FirstLogBits, 0, MaxNameBits);
        logBits = Math.Min(left - nameBits, MaxLogBits);
        return left >= MinCheckBits;
    }

    private static int BitLength(long sequence) => 64 - BitOperations.LeadingZeroCount((ulong)sequence);

    private static uint MaskOf(int bits) => (uint)((1UL << bits) - 1);
}

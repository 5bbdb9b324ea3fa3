using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace SseKit.Topics.EventIds;

/// <summary>
/// The event id of a connection that follows several topics: a dot, and base64url of these bits.
/// <code>
/// for each topic, by name   6 bits   n, the length of its sequence
///                           n bits   the sequence
/// for each topic, by name   c bits   a check of its name and epoch; c = what is left of 756 bits / topics, 8 to 40
/// </code>
/// Because of the check, an id of other topics or of a lost log is unknown instead of wrong.
/// </summary>
internal static class CursorToken
{
    private const byte Mark = (byte)'.';

    // Does not count the dot and the mark that may follow.
    private const int MaxCharacters = Cursor.MaxIdLength - 2;
    private const int LengthBits = 6;
    private const int MinCheckBits = 8;
    private const int MaxCheckBits = 40;

    public static ulong Check(string topic, string epoch)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{epoch}\n{topic}"));
        return BitConverter.ToUInt64(hash) & ((1UL << MaxCheckBits) - 1);
    }

    public static int Write(ReadOnlySpan<SsePosition> positions, ReadOnlySpan<ulong> checks, Span<byte> id)
    {
        int bits = 0;
        foreach (SsePosition position in positions)
        {
            bits += LengthBits + BitLength(position.Sequence);
        }

        int checkBits = CheckBits(bits, positions.Length);
        if (checkBits < MinCheckBits)
        {
            return 0;
        }

        var writer = new BitWriter(id[1..]);
        id[0] = Mark;
        foreach (SsePosition position in positions)
        {
            writer.Write((ulong)BitLength(position.Sequence), LengthBits);
            writer.Write((ulong)position.Sequence, BitLength(position.Sequence));
        }

        foreach (ulong check in checks)
        {
            writer.Write(check & ((1UL << checkBits) - 1), checkBits);
        }

        return 1 + writer.Complete();
    }

    /// <summary>Reads the sequence and the check of each topic from an id. False if the text is no such id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="sequences">Takes the sequences.</param>
    /// <param name="checks">Takes the checks.</param>
    /// <param name="mask">The bits of a check that the id contains.</param>
    public static bool TryRead(string id, Span<long> sequences, Span<ulong> checks, out ulong mask)
    {
        mask = 0;
        if (id.Length is < 2 or > Cursor.MaxIdLength || id[0] != (char)Mark)
        {
            return false;
        }

        var reader = new BitReader(id.AsSpan(1));
        int bits = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            // The shortest length is required, so that each set of positions has exactly one text.
            if (!reader.TryRead(LengthBits, out ulong length)
                || !reader.TryRead((int)length, out ulong sequence)
                || BitLength((long)sequence) != (int)length)
            {
                return false;
            }

            bits += LengthBits + (int)length;
            sequences[i] = (long)sequence;
        }

        int checkBits = CheckBits(bits, sequences.Length);
        if (checkBits < MinCheckBits)
        {
            return false;
        }

        mask = (1UL << checkBits) - 1;
        for (int i = 0; i < sequences.Length; i++)
        {
            if (!reader.TryRead(checkBits, out checks[i]))
            {
                return false;
            }
        }

        return reader.IsAtEnd;
    }

    private static int BitLength(long sequence) => 64 - BitOperations.LeadingZeroCount((ulong)sequence);

    private static int CheckBits(int bits, int topics) =>
        Math.Min(MaxCheckBits, ((MaxCharacters * BitWriter.BitsPerCharacter) - bits) / topics);
}

using System.Buffers.Binary;

namespace SseKit.Storage.FileLog;

/// <summary>A frame as it lies in a segment. Numbers are little-endian.</summary>
/// <remarks>
/// <code>
/// offset  size
///      0     4  length of what follows the first eight bytes
///      4     4  CRC-32C of: the segment's seed, the frame's place in the file, the length, what follows
///      8     2  mark F5 C1, which no UTF-8 text has: where a damaged frame hides the next one's place, it is found by its mark
///     10     1  kind; 80 is added in the first frame of a batch
///
/// Event                                 Topic                                 Checkpoint
///     11     8  topic                       11     8  topic                       11    16  salt of the epochs
///     19     8  sequence                    19     8  head                        27     8  the next topic
///     27     4  seconds since 1970          27     8  oldest event held           35     8  the next generation
///     31     1  key: none, 1 or 2           35     1  completion                  43     4  topics that follow
///               bytes a character           36    12  epoch                       47     4  generations here
///     32     2  length of the key           48     1  name: 1 or 2 bytes          51        each: 4 bucket
///     34        key                                   a character                                 8 generation
///               payload                     49     2  length of the name
///                                           51        name
/// Completed                             Deleted
///     11     8  topic                       11     8  topic, 0 for one that was never used
///     19     1  completion                  19     4  bucket of its name
///                                           23     8  the bucket's generation
/// </code>
/// </remarks>
internal static class SseLogFrame
{
    public const int PrefixLength = 8;
    public const int HeadLength = 11;
    public const int EventLength = 34;
    public const int TopicLength = 51;
    public const int CompletedLength = 20;
    public const int DeletedLength = 31;
    public const int CheckpointLength = 51;
    public const int GenerationLength = 12;
    public const int EpochLength = 12;
    public const byte FirstOfBatch = 0x80;

    public static ReadOnlySpan<byte> Mark => [0xF5, 0xC1];

    /// <summary>How long the frame says it is, or 0 where it cannot be a frame.</summary>
    public static long LengthOf(ReadOnlySpan<byte> frame)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        bool possible = length >= HeadLength - PrefixLength && length <= int.MaxValue - PrefixLength && frame.Slice(PrefixLength, Mark.Length).SequenceEqual(Mark);
        return possible ? length + PrefixLength : 0;
    }

    public static bool IsWhole(ReadOnlySpan<byte> frame, uint seed, long offset) =>
        LengthOf(frame) == frame.Length && BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) == CrcOf(frame, seed, offset);

    public static void Close(Span<byte> frame, SseLogFrameKind kind, bool firstOfBatch, uint seed, long offset)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - PrefixLength));
        Mark.CopyTo(frame[PrefixLength..]);
        frame[10] = (byte)((byte)kind | (firstOfBatch ? FirstOfBatch : 0));
        Seal(frame, seed, offset);
    }

    /// <summary>Makes a frame one of another place.</summary>
    public static void Seal(Span<byte> frame, uint seed, long offset) =>
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], CrcOf(frame, seed, offset));

    public static SseLogFrameKind KindOf(ReadOnlySpan<byte> frame) => (SseLogFrameKind)(frame[10] & ~FirstOfBatch);

    public static bool IsFirstOfBatch(ReadOnlySpan<byte> frame) => (frame[10] & FirstOfBatch) != 0;

    public static long TopicOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[HeadLength..]);

    private static uint CrcOf(ReadOnlySpan<byte> frame, uint seed, long offset)
    {
        uint crc = SseCrc32C.Append(seed, offset);
        crc = SseCrc32C.Append(crc, frame.Length);
        return ~SseCrc32C.Append(crc, frame[PrefixLength..]);
    }
}

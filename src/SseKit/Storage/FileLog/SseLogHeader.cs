using System.Buffers.Binary;
using System.Globalization;

namespace SseKit.Storage.FileLog;

/// <summary>How a segment's file begins, and what it is called.</summary>
/// <remarks>
/// <code>
/// offset  size
///      0     8  SSEKLOG1
///      8    16  the log, by a random id: files of different logs do not mix
///     24     8  number of the segment
///     32     4  how often it was compacted
///     36    16  the boot of the machine, where not every append was flushed; else zeros
///     52     4  CRC-32C of all before
/// </code>
/// </remarks>
internal readonly record struct SseLogHeader(Guid Log, long Number, int Compaction, Guid Boot)
{
    public const int Length = 56;
    private const string Extension = ".log";

    /// <summary>A segment has this at the end of its name until all of its beginning is on the disk.</summary>
    public const string Unfinished = ".new";

    private static ReadOnlySpan<byte> Magic => "SSEKLOG1"u8;

    /// <summary>What the checksums of the segment's frames begin with. A frame of another segment or another log does not fit.</summary>
    public uint Seed
    {
        get
        {
            Span<byte> log = stackalloc byte[16];
            Log.TryWriteBytes(log);
            return SseCrc32C.Append(SseCrc32C.Of(log), Number);
        }
    }

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Number:D12}-{Compaction}{Extension}");

    public static bool TryParseName(string name, out long number, out int compaction)
    {
        number = 0;
        compaction = 0;
        if (!name.EndsWith(Extension, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> stem = name.AsSpan(0, name.Length - Extension.Length);
        int dash = stem.IndexOf('-');
        return dash > 0
            && long.TryParse(stem[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && int.TryParse(stem[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out compaction)
            && new SseLogHeader(default, number, compaction, default).FileName == name;
    }

    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        Log.TryWriteBytes(bytes[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], Compaction);
        Boot.TryWriteBytes(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[52..], SseCrc32C.Of(bytes[..52]));
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out SseLogHeader header)
    {
        header = default;
        if (bytes.Length < Length
            || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]) != SseCrc32C.Of(bytes[..52]))
        {
            return false;
        }

        header = new SseLogHeader(
            new Guid(bytes.Slice(8, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]),
            new Guid(bytes.Slice(36, 16)));
        return true;
    }
}

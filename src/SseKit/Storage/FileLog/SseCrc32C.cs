using System.Buffers.Binary;
using System.Numerics;

namespace SseKit.Storage.FileLog;

/// <summary>CRC-32C (Castagnoli), which processors compute themselves.</summary>
internal static class SseCrc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(uint.MaxValue, bytes);

    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte each in bytes)
        {
            crc = BitOperations.Crc32C(crc, each);
        }

        return crc;
    }

    public static uint Append(uint crc, long value) => BitOperations.Crc32C(crc, (ulong)value);
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Names and keys as bytes, each character kept as it is, halves of surrogate pairs too: one byte for each where all fit, else two.
/// </summary>
internal static class SseLogText
{
    public const byte None = 0;
    private const byte OneByte = 1;
    private const byte TwoBytes = 2;

    public static (byte Form, int Length) Measure(string? text) =>
        text is null ? (None, 0) : text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? (TwoBytes, text.Length * sizeof(char)) : (OneByte, text.Length);

    public static void Write(string text, byte form, Span<byte> bytes)
    {
        if (form == OneByte)
        {
            Encoding.Latin1.GetBytes(text, bytes);
            return;
        }

        for (int i = 0; i < text.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[(i * sizeof(char))..], text[i]);
        }
    }

    public static string Read(ReadOnlySpan<byte> bytes, byte form)
    {
        if (form == OneByte)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        return string.Create(bytes.Length / sizeof(char), bytes, static (text, bytes) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * sizeof(char))..]);
            }
        });
    }

    /// <summary>The characters as they lie in memory, for hashes that stay in this process.</summary>
    public static ReadOnlySpan<byte> BytesOf(string text) => MemoryMarshal.AsBytes(text.AsSpan());
}

using System.Text;

namespace SseKit.PostgreSql;

/// <summary>
/// Converts a topic's name or an idempotency key to bytes for the database, and back. The type text accepts neither NUL nor halves of
/// surrogate pairs. So it is UTF-8 as bytes, in which such a half takes three bytes. Different texts have different bytes.
/// </summary>
internal static class TopicKey
{
    private const int MaxBytesPerChar = 3;

    public static byte[] Encode(string text)
    {
        Span<byte> bytes = stackalloc byte[text.Length * MaxBytesPerChar];
        int written = 0;
        for (int i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                written += rune.EncodeToUtf8(bytes[written..]);
                i += rune.Utf16SequenceLength;
                continue;
            }

            int half = text[i++];
            bytes[written++] = (byte)(0xE0 | (half >> 12));
            bytes[written++] = (byte)(0x80 | ((half >> 6) & 0x3F));
            bytes[written++] = (byte)(0x80 | (half & 0x3F));
        }

        return bytes[..written].ToArray();
    }

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[consumed..];
                continue;
            }

            if (bytes.Length < MaxBytesPerChar)
            {
                throw new FormatException("The bytes are not a topic's name in UTF-8.");
            }

            text.Append((char)(((bytes[0] & 0x0F) << 12) | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F)));
            bytes = bytes[MaxBytesPerChar..];
        }

        return text.ToString();
    }
}

using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace SseKit.Topics;

/// <summary>The line that tells a client where it stands.</summary>
internal static class SseIdLine
{
    /// <summary>No line is longer.</summary>
    public const int MaxLength = PrefixLength + SseCursor.MaxIdLength + 1;

    /// <summary>No line with the position in one topic is longer.</summary>
    public const int MaxLengthOfPosition = PrefixLength + SsePosition.MaxEpochLength + 1 + MaxDigits + 1;

    private const int PrefixLength = 4;
    private const int MaxDigits = 19;

    /// <summary>The place of the id in a line.</summary>
    public static Span<byte> Id(Span<byte> line) => line[PrefixLength..];

    /// <summary>Writes what stands around an id. Returns the line's length.</summary>
    public static int Complete(Span<byte> line, int idLength)
    {
        "id: "u8.CopyTo(line);
        line[PrefixLength + idLength] = (byte)'\n';
        return PrefixLength + idLength + 1;
    }

    /// <summary>Writes the line for a position in one topic. Returns its length.</summary>
    public static int Write(SsePosition position, Span<byte> line) => Complete(line, WriteId(position, Id(line)));

    /// <summary>Writes a position as ASCII. Returns its length.</summary>
    public static int WriteId(SsePosition position, Span<byte> id)
    {
        int length = Encoding.ASCII.GetBytes(position.Epoch, id);
        id[length++] = (byte)'-';
        bool written = Utf8Formatter.TryFormat(position.Sequence, id[length..], out int digits);
        Debug.Assert(written, "An epoch and a long fit into an id.");
        return length + digits;
    }
}

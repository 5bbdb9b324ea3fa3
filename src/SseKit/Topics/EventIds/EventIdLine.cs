using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace SseKit.Topics.EventIds;

/// <summary>
/// The end of an event: the line with the client's position, and the blank line. Clients that store the id when its line arrives have
/// received the rest of the event by then.
/// </summary>
internal static class EventIdLine
{
    /// <summary>The longest end.</summary>
    public const int MaxLength = PrefixLength + Cursor.MaxIdLength + LineFeeds;

    /// <summary>The longest end with the position in one topic.</summary>
    public const int MaxLengthOfPosition = PrefixLength + SsePosition.MaxEpochLength + 1 + MaxDigits + LineFeeds;

    /// <summary>The length of the blank line.</summary>
    public const int BlankLine = 1;

    private const int PrefixLength = 4;
    private const int MaxDigits = 19;
    private const int LineFeeds = 2;

    /// <summary>The part of a line for the id.</summary>
    public static Span<byte> Id(Span<byte> line) => line[PrefixLength..];

    /// <summary>Writes the bytes around an id, or the blank line alone if there is no id. Returns the length of the whole end.</summary>
    public static int Complete(Span<byte> line, int idLength)
    {
        if (idLength == 0)
        {
            line[0] = (byte)'\n';
            return 1;
        }

        "id: "u8.CopyTo(line);
        "\n\n"u8.CopyTo(line[(PrefixLength + idLength)..]);
        return PrefixLength + idLength + LineFeeds;
    }

    /// <summary>Writes the end for a position in one topic. Returns its length.</summary>
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

using System.Buffers;
using System.Text;

namespace SseKit.Writing;

/// <summary>
/// Encodes frames. WHATWG HTML §9.2.6: a line ends at CR, LF or CRLF only, so data and comments are split there and each piece gets its
/// own field name. Written lines end with LF, because CRLF breaks clients that search for LF LF. The id is the last line of an event:
/// clients that store it when its line arrives would otherwise resume after an event that was cut.
/// </summary>
internal static class FrameFormatter
{
    private const byte LineFeed = (byte)'\n';
    private const int LineOverhead = 8;
    private const int MaxShortLine = 512;
    private const int MaxUtf8BytesPerChar = 3;
    private const int MaxRetryLine = 32;

    private static ReadOnlySpan<byte> DataPrefix => "data: "u8;

    private static ReadOnlySpan<byte> CommentPrefix => ": "u8;

    private static ReadOnlySpan<byte> NewLine => "\n"u8;

    /// <summary>Writes an event without other fields; a short single line, the usual case, is written in one step.</summary>
    public static long WriteEvent(IBufferWriter<byte> output, ReadOnlySpan<char> data)
    {
        if (data.Length > MaxShortLine || data.ContainsAny('\r', '\n'))
        {
            return WriteEvent(output, default, data);
        }

        Span<byte> frame = output.GetSpan((MaxUtf8BytesPerChar * data.Length) + LineOverhead);
        DataPrefix.CopyTo(frame);
        int end = DataPrefix.Length + Encoding.UTF8.GetBytes(data, frame[DataPrefix.Length..]);
        frame[end] = LineFeed;
        frame[end + 1] = LineFeed;
        output.Advance(end + 2);
        return end + 2;
    }

    public static long WriteEvent(IBufferWriter<byte> output, in EventFields fields, ReadOnlySpan<char> data)
    {
        var frame = new FrameBuilder(output, MaxLength(fields, (3L * data.Length) + LineOverhead));
        WriteTypeAndRetry(ref frame, fields);
        WriteLines(ref frame, DataPrefix, data);
        WriteIdAndEnd(ref frame, fields);
        return frame.Complete();
    }

    public static long WriteEvent(IBufferWriter<byte> output, in EventFields fields, ReadOnlySpan<byte> data)
    {
        var frame = new FrameBuilder(output, MaxLength(fields, (long)data.Length + LineOverhead));
        WriteTypeAndRetry(ref frame, fields);
        while (true)
        {
            int end = data.IndexOfAny(LineFeed, (byte)'\r');
            frame.Write(DataPrefix);
            frame.Write(end < 0 ? data : data[..end]);
            frame.Write(NewLine);
            if (end < 0)
            {
                break;
            }

            bool crlf = data[end] == '\r' && end + 1 < data.Length && data[end + 1] == LineFeed;
            data = data[(end + (crlf ? 2 : 1))..];
        }

        WriteIdAndEnd(ref frame, fields);
        return frame.Complete();
    }

    /// <summary>Writes an id in a block without data: clients store it at the blank line, and dispatch no event.</summary>
    public static long WriteId(IBufferWriter<byte> output, in EventFields fields)
    {
        var frame = new FrameBuilder(output, MaxLength(fields, 0));
        WriteIdAndEnd(ref frame, fields);
        return frame.Complete();
    }

    /// <summary>
    /// Writes one line, which clients process when it arrives (WHATWG HTML §9.2.6). No blank line follows, because several clients
    /// dispatch an empty event for it.
    /// </summary>
    public static long WriteRetry(IBufferWriter<byte> output, long milliseconds)
    {
        var frame = new FrameBuilder(output, MaxRetryLine);
        WriteRetry(ref frame, milliseconds);
        return frame.Complete();
    }

    /// <summary>Writes comment lines without a blank line, for which several clients dispatch an empty event.</summary>
    public static long WriteComment(IBufferWriter<byte> output, ReadOnlySpan<char> comment)
    {
        var frame = new FrameBuilder(output, MaxLength(default, (3L * comment.Length) + LineOverhead));
        WriteLines(ref frame, CommentPrefix, comment);
        return frame.Complete();
    }

    private static void WriteTypeAndRetry(ref FrameBuilder frame, in EventFields fields)
    {
        if (fields.EventType is not null)
        {
            frame.Write("event: "u8);
            frame.Write(fields.EventType);
            frame.Write(NewLine);
        }

        if (fields.RetryMilliseconds != 0)
        {
            WriteRetry(ref frame, fields.RetryMilliseconds);
        }
    }

    private static void WriteRetry(ref FrameBuilder frame, long milliseconds)
    {
        frame.Write("retry: "u8);
        frame.Write(milliseconds);
        frame.Write(NewLine);
    }

    private static void WriteIdAndEnd(ref FrameBuilder frame, in EventFields fields)
    {
        if (fields.EventId is not null)
        {
            frame.Write("id: "u8);
            frame.Write(fields.EventId);
            frame.Write(NewLine);
        }

        frame.Write(NewLine);
    }

    private static void WriteLines(ref FrameBuilder frame, scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<char> text)
    {
        while (true)
        {
            int end = text.IndexOfAny('\r', '\n');
            frame.Write(prefix);
            frame.Write(end < 0 ? text : text[..end]);
            frame.Write(NewLine);
            if (end < 0)
            {
                return;
            }

            bool crlf = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
            text = text[(end + (crlf ? 2 : 1))..];
        }
    }

    private static int MaxLength(in EventFields fields, long dataLength) =>
        (int)Math.Min(int.MaxValue, fields.MaxEncodedLength + dataLength);
}

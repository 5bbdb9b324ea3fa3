using System.Buffers;
using SseKit.Topics;
using SseKit.Writing;

namespace SseKit.Replay;

/// <summary>
/// Cuts the bytes of an event stream into events, wherever the bytes are cut, by the rules of WHATWG HTML §9.2.6. Comments and ids are
/// removed. A retry time that stands alone is added to the next event.
/// </summary>
/// <param name="maxEventSize">The most bytes of an event's data.</param>
internal sealed class EventStreamDecoder(int maxEventSize)
{
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';
    private const byte Colon = (byte)':';

    // Larger buffers are for single events, and do not stay for the rest of the stream.
    private const int MaxKeptBuffer = 64 * 1024;

    // The name of a field, its colon and space, and a byte order mark.
    private const int LineOverhead = 16;

    private ArrayBufferWriter<byte> _lineStart = new();
    private ArrayBufferWriter<byte> _data = new();
    private byte[] _eventType = [];
    private long? _retry;
    private long? _dataSize;
    private bool _afterFirstLine;
    private bool _afterCarriageReturn;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads bytes up to the end of the next event.</summary>
    /// <param name="bytes">The next bytes of the stream. Those that were read are removed.</param>
    /// <returns>The event as topics keep it; empty if the bytes end before it.</returns>
    /// <exception cref="ArgumentException">The event's data is too large.</exception>
    public ReadOnlyMemory<byte> ReadEvent(ref ReadOnlySpan<byte> bytes)
    {
        ReadOnlyMemory<byte> payload = default;
        while (payload.IsEmpty && !bytes.IsEmpty)
        {
            int end = bytes.IndexOfAny(CarriageReturn, LineFeed);
            if (end < 0)
            {
                _afterCarriageReturn = false;
                AddToLine(bytes);
                bytes = default;
                break;
            }

            bool isSecondHalf = _afterCarriageReturn && end == 0 && bytes[0] == LineFeed;
            _afterCarriageReturn = bytes[end] == CarriageReturn;
            ReadOnlySpan<byte> line = bytes[..end];
            bytes = bytes[(end + 1)..];
            payload = isSecondHalf ? default : ReadLineEnd(line);
        }

        return payload;
    }

    // Returns the event if the line ends one.
    private ReadOnlyMemory<byte> ReadLineEnd(ReadOnlySpan<byte> line)
    {
        if (_lineStart.WrittenCount == 0)
        {
            return ReadLine(line);
        }

        AddToLine(line);
        ReadOnlyMemory<byte> payload = ReadLine(_lineStart.WrittenSpan);
        Clear(ref _lineStart);
        return payload;
    }

    private void AddToLine(ReadOnlySpan<byte> part)
    {
        // The rest of a comment needs no memory.
        if (_lineStart.WrittenSpan is not [Colon, ..])
        {
            CheckSize(_lineStart.WrittenCount + (long)part.Length - LineOverhead);
            _lineStart.Write(part);
        }
    }

    private ReadOnlyMemory<byte> ReadLine(ReadOnlySpan<byte> line)
    {
        if (!_afterFirstLine && line.StartsWith(ByteOrderMark))
        {
            line = line[ByteOrderMark.Length..];
        }

        _afterFirstLine = true;
        if (line.IsEmpty)
        {
            return EndEvent();
        }

        int colon = line.IndexOf(Colon);
        ReadOnlySpan<byte> name = colon < 0 ? line : line[..colon];
        ReadOnlySpan<byte> value = colon < 0 ? [] : line[(colon + 1)..];
        ReadField(name, value is [(byte)' ', ..] ? value[1..] : value);
        return default;
    }

    private void ReadField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("data"u8))
        {
            // Lines are joined by a line feed.
            _dataSize = _dataSize is { } size ? size + 1 + value.Length : value.Length;
            CheckSize(_dataSize.Value);
            EventPayload.AddData(_data, value);
        }
        else if (name.SequenceEqual("event"u8))
        {
            _eventType = value.ToArray();
        }
        else if (name.SequenceEqual("retry"u8) && FieldValidation.TryParseRetry(value, out long milliseconds))
        {
            _retry = milliseconds;
        }
    }

    private ReadOnlyMemory<byte> EndEvent()
    {
        ReadOnlyMemory<byte> payload = default;
        if (_dataSize is not null)
        {
            payload = EventPayload.Compose(_eventType, _retry, _data.WrittenSpan);
            Clear(ref _data);
            _dataSize = null;
            _retry = null;
        }

        _eventType = [];
        return payload;
    }

    private void CheckSize(long size) => EventSize.Check(size, maxEventSize);

    private static void Clear(ref ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > MaxKeptBuffer)
        {
            buffer = new ArrayBufferWriter<byte>();
        }
        else
        {
            buffer.ResetWrittenCount();
        }
    }
}

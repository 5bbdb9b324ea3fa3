using System.Buffers.Binary;

namespace SseKit.Storage.FileLog;

/// <summary>An event's frame, read.</summary>
internal readonly ref struct SseLogEvent
{
    private readonly ReadOnlySpan<byte> _frame;
    private readonly int _keyLength;

    public SseLogEvent(ReadOnlySpan<byte> frame)
    {
        _frame = frame;
        _keyLength = BinaryPrimitives.ReadUInt16LittleEndian(frame[32..]);
    }

    public long Topic => SseLogFrame.TopicOf(_frame);

    public long Sequence => BinaryPrimitives.ReadInt64LittleEndian(_frame[19..]);

    public uint Seconds => BinaryPrimitives.ReadUInt32LittleEndian(_frame[27..]);

    public string? Key => _frame[31] == SseLogText.None ? null : SseLogText.Read(_frame.Slice(SseLogFrame.EventLength, _keyLength), _frame[31]);

    public ReadOnlySpan<byte> Payload => _frame[(SseLogFrame.EventLength + _keyLength)..];
}

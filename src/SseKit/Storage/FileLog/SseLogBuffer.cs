using System.Buffers.Binary;
using System.Text;

namespace SseKit.Storage.FileLog;

/// <summary>Frames on their way into a segment. Not thread-safe.</summary>
internal sealed class SseLogBuffer
{
    private const int InitialCapacity = 64 * 1024;

    // What a large batch has grown is given back (I8).
    private const int KeptCapacity = 4 * 1024 * 1024;

    private byte[] _bytes = new byte[InitialCapacity];
    private int _length;
    private uint _seed;
    private long _offset;
    private bool _first;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public int Length => _length;

    /// <summary>Where the next frame begins in the file.</summary>
    public long Offset => _offset + _length;

    /// <summary>Begins a batch that will be written at this place.</summary>
    public void Begin(uint seed, long offset)
    {
        if (_bytes.Length > KeptCapacity)
        {
            _bytes = new byte[InitialCapacity];
        }

        _length = 0;
        _seed = seed;
        _offset = offset;
        _first = true;
    }

    /// <summary>Goes on after what was taken from here and written.</summary>
    public void Continue()
    {
        _offset += _length;
        _length = 0;
    }

    public void AddRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Adds a frame that comes from another place.</summary>
    public void AddCopy(ReadOnlySpan<byte> frame)
    {
        long offset = Offset;
        Span<byte> copy = Take(frame.Length);
        frame.CopyTo(copy);
        SseLogFrame.Seal(copy, _seed, offset);
    }

    public void AddEvent(long topic, long sequence, uint seconds, string? key, ReadOnlySpan<byte> payload)
    {
        (byte form, int keyLength) = SseLogText.Measure(key);
        long offset = Offset;
        Span<byte> frame = Take(checked(SseLogFrame.EventLength + keyLength + payload.Length));
        BinaryPrimitives.WriteInt64LittleEndian(frame[11..], topic);
        BinaryPrimitives.WriteInt64LittleEndian(frame[19..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[27..], seconds);
        frame[31] = form;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[32..], (ushort)keyLength);
        if (key is not null)
        {
            SseLogText.Write(key, form, frame[SseLogFrame.EventLength..]);
        }

        payload.CopyTo(frame[(SseLogFrame.EventLength + keyLength)..]);
        Close(frame, SseLogFrameKind.Event, offset);
    }

    public void AddTopic(SseLogTopicRecord topic)
    {
        (byte form, int nameLength) = SseLogText.Measure(topic.Name);
        long offset = Offset;
        Span<byte> frame = Take(SseLogFrame.TopicLength + nameLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[11..], topic.Id);
        BinaryPrimitives.WriteInt64LittleEndian(frame[19..], topic.Latest.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(frame[27..], topic.EarliestSequence);
        frame[35] = (byte)topic.Status;
        Encoding.Latin1.GetBytes(topic.Latest.Epoch, frame.Slice(36, SseLogFrame.EpochLength));
        frame[48] = form;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[49..], (ushort)nameLength);
        SseLogText.Write(topic.Name, form, frame[SseLogFrame.TopicLength..]);
        Close(frame, SseLogFrameKind.Topic, offset);
    }

    public void AddCompleted(long topic, SseTopicStatus status)
    {
        long offset = Offset;
        Span<byte> frame = Take(SseLogFrame.CompletedLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[11..], topic);
        frame[19] = (byte)status;
        Close(frame, SseLogFrameKind.Completed, offset);
    }

    public void AddDeleted(long topic, int bucket, long generation)
    {
        long offset = Offset;
        Span<byte> frame = Take(SseLogFrame.DeletedLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[11..], topic);
        BinaryPrimitives.WriteInt32LittleEndian(frame[19..], bucket);
        BinaryPrimitives.WriteInt64LittleEndian(frame[23..], generation);
        Close(frame, SseLogFrameKind.Deleted, offset);
    }

    public void AddCheckpoint(SseLogEpochs epochs, long nextTopic, int topics)
    {
        long offset = Offset;
        Span<byte> frame = Take(SseLogFrame.CheckpointLength + (epochs.Generations.Count * SseLogFrame.GenerationLength));
        epochs.Salt.CopyTo(frame[11..]);
        BinaryPrimitives.WriteInt64LittleEndian(frame[27..], nextTopic);
        BinaryPrimitives.WriteInt64LittleEndian(frame[35..], epochs.NextGeneration);
        BinaryPrimitives.WriteInt32LittleEndian(frame[43..], topics);
        BinaryPrimitives.WriteInt32LittleEndian(frame[47..], epochs.Generations.Count);
        Span<byte> rest = frame[SseLogFrame.CheckpointLength..];
        foreach ((int bucket, long generation) in epochs.Generations)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, bucket);
            BinaryPrimitives.WriteInt64LittleEndian(rest[4..], generation);
            rest = rest[SseLogFrame.GenerationLength..];
        }

        Close(frame, SseLogFrameKind.Checkpoint, offset);
    }

    public void AddClosed()
    {
        long offset = Offset;
        Close(Take(SseLogFrame.HeadLength), SseLogFrameKind.Closed, offset);
    }

    private void Close(Span<byte> frame, SseLogFrameKind kind, long offset)
    {
        SseLogFrame.Close(frame, kind, _first, _seed, offset);
        _first = false;
    }

    private Span<byte> Take(int length)
    {
        int needed = checked(_length + length);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, _bytes.Length * 2L)));
        }

        Span<byte> taken = _bytes.AsSpan(_length, length);
        _length = needed;
        return taken;
    }
}
